import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from cli.commands.reports.published import figures_in
from cli.facility import compile as facility
from cli.facility.assumed import OFFICERS, PROJECTS
from cli.facility.later import DIALOGUE
from cli.facility.make_command import table
from lifecycle.book.book import Book
from lifecycle.decide import GrantHistory
from lifecycle.grant.state import Grant
from lifecycle.journal.recorder import CommandResult
from lifecycle.parse import command_from
from lifecycle.types.stage import Stage
from projections.published_figures import COLUMNS as FIGURES
from projections.published_figures import compared
from projections.query import run, tables_at
from projections.reports.directory.match import MATCH_COLUMNS, match
from projections.reports.results.outcomes import OUTCOMES

FILE = Path(facility.__file__).with_name("facility.jsonl")
COMMANDS = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
PUBLISHED_PLEDGED, PUBLISHED_RECEIVED = 10_316_087, 9_516_087


def record(book: Book) -> list[CommandResult]:
    with book.batch():
        return [book.record(command_from(command), "admin") for command in COMMANDS]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    path = tmp_path_factory.mktemp("facility") / "book"
    book = Book.create(
        path,
        name="South-South Facility",
        currency="USD",
        fiscal_year_start=7,
        on=date(2008, 10, 1),
        recorder="admin",
    )
    answers = record(book)
    assert [answer for answer in answers if answer.outcome != "accepted"] == []
    return book


def grant(book: Book, name: str) -> Grant:
    state = GrantHistory.of(book.entries(f"grant:{name}")).grant
    assert state is not None
    return state


def test_the_file_is_what_the_tables_make() -> None:
    assert FILE.read_text("utf-8").splitlines() == list(facility.lines())


def test_recording_the_file_again_adds_nothing(book: Book) -> None:
    before = book.position()
    assert Counter(answer.outcome for answer in record(book)) == {"repeat": len(COMMANDS)}
    assert book.position() == before


def test_the_totals_are_as_published(book: Book) -> None:
    sums: Counter[str] = Counter()
    for command in COMMANDS:
        if command["command"] in ("PledgeContribution", "ReceiveInstalment"):
            sums[command["command"]] += int(Decimal(command["amount"].split()[0]))
    assert sums == {"PledgeContribution": PUBLISHED_PLEDGED, "ReceiveInstalment": PUBLISHED_RECEIVED}
    assert len(book.fund().partners) == 10


def test_each_completed_project_lived_and_closed_by_october_2011(book: Book) -> None:
    completed = [grant(book, f"SEETF-{project.id}") for project in PROJECTS.values()]
    assert len(completed) == 21
    for state in completed:
        assert state.stage is Stage.CLOSED
        assert state.edition == "2008-10"
        assert state.undisbursed == 0
        assert state.proposed_on is not None
        assert state.closed_on is not None
        assert date(2008, 10, 1) <= state.proposed_on < state.closed_on <= date(2011, 10, 31)


def test_the_average_approved_amount_is_as_published() -> None:
    approved = [
        Decimal(command["amount"].split()[0])
        for command in COMMANDS
        if command["command"] == "ApproveGrant" and command["grant"].startswith("SEETF-")
    ]
    assert sum(approved) / len(approved) == 100_000
    assert max(approved) <= 150_000


def test_the_outcomes_are_those_of_the_published_table() -> None:
    reported = {c["grant"]: set(c["outcomes"]) for c in COMMANDS if c["command"] == "ReportOutcomes"}
    marked = {
        f"SEETF-{PROJECTS[row['project']].id}": {name for name, x in row.items() if x == "1"}
        for row in table("completed_projects_outcomes.csv")
    }
    assert reported == marked
    assert sum(map(len, reported.values())) == 62


def test_the_report_on_outcomes_is_the_published_table(book: Book) -> None:
    rows = rows_of(book, "outcomes", date(2011, 10, 31))
    published = {
        f"SEETF-{PROJECTS[row['project']].id}": row for row in table("completed_projects_outcomes.csv")
    }
    *grants, total = rows
    assert {row["grant"] for row in grants} == set(published)
    for row in grants:
        marked = published[row["grant"]]
        assert {name: row[name] for name in OUTCOMES} == {name: int(marked[name]) for name in OUTCOMES}
    assert [total[name] for name in OUTCOMES] == [15, 16, 5, 0, 8, 18]
    assert (total["with_results"], len(grants)) == (15, 21)
    assert total["with_lessons"] == 3


def test_the_report_on_calls_counts_what_the_entries_say(book: Book) -> None:
    (row,) = rows_of(book, "calls", date(2018, 12, 31))
    names = ("received", "requested", "envelope", "selected", "selected_amount", "declined", "countries")
    assert [row[name] for name in names] == [52, "1250000.00", "250000.00", 10, "250000.00", 42, 20]


def rows_of(book: Book, name: str, on: date) -> list[dict[str, Any]]:
    report = run(book, name, as_of=on)
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def test_the_call_of_november_2018_selects_ten_of_fifty_two(book: Book) -> None:
    proposals = [grant(book, name) for name in book.grants() if name.startswith("SSF-2018-11-")]
    assert Counter(state.stage for state in proposals) == {Stage.APPROVED: 10, Stage.DECLINED: 42}
    assert sum(state.proposed for state in proposals) == 1_250_000
    selected = proposals[:10]
    assert sum(state.committed for state in selected) == 250_000
    call = book.call("2018-11")
    assert call is not None
    assert call.left.at(date(2018, 12, 31)) == 0
    assert selected[0].recipients == ("RW",)
    assert selected[0].providers == ("CL",)
    assert len({code for s in selected for code in (*s.recipients, *s.providers)}) == 20


def test_each_published_figure_stands_beside_the_computed_one(book: Book) -> None:
    figures = figures_in(FILE.with_name("published_figures.csv"))
    with tables_at(book, None) as (connection, _):
        rows = [dict(zip(FIGURES.names, row, strict=True)) for row in compared(connection, figures)]
    assert {row["figure"]: row["difference"] for row in rows if float(str(row["difference"]))} == {
        "Grants": "1",
        "Grants in which China provides": "1",
        "Grants in which Mexico provides": "1",
        "Pledged": "16087.00",
        "Left after 72 grants of 100000": "51850.00",
        "Countries of the selected": "-2",
    }
    assert all(row["explanation"] for row in rows if float(str(row["difference"])))


def test_the_dialogue_costs_nothing_and_is_none_of_the_72(book: Book) -> None:
    dialogue = grant(book, DIALOGUE)
    assert dialogue.committed == 0
    assert dialogue.stage is Stage.EFFECTIVE
    names = [name for name in book.grants() if name.startswith("SEETF-")]
    assert (len(names), DIALOGUE in names) == (72, False)


def test_the_five_bodies_of_the_dialogue_and_the_counterpart_are_named(book: Book) -> None:
    report = run(book, "institutions", by="grant", as_of=date(2012, 1, 1))
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    named = Counter((row["grant"], row["role"]) for row in rows)
    dairy = "SEETF-20-dairy-policy"
    assert named == {(DIALOGUE, "receiving"): 5, (DIALOGUE, "providing"): 5, (DIALOGUE, "participant"): 5} | {
        (dairy, "providing"): 1
    }
    assert {row["country"] for row in rows if row["grant"] == DIALOGUE} == {"CN", "ID", "IN", "MX", "SG"}
    with tables_at(book, None) as (connection, _):
        first, *_ = match(connection, date(2012, 1, 1), "dairy", "KE", sector=None, limit=1)
    at = MATCH_COLUMNS.names.index("institutions")
    assert first[at] == ["Counterpart in India for dairy policy, not named (IN-COUNTERPART)"]


def test_the_51_say_that_they_are_filled_in_and_do_not_teach_themselves() -> None:
    filled = [command for command in COMMANDS if command["command"] == "BringForward"]
    assert len(filled) == 51
    for command in filled:
        assert command["note"].startswith("illustrative (not published): the whole grant")
        assert not {*command["recipients"]} & {*command["providers"]}


def test_indonesia_joined_and_the_netherlands_left_by_2016(book: Book) -> None:
    names = {row["partner"]: row["left_on"] for row in rows_of(book, "fund", date(2016, 1, 1))}
    assert names["NL"] == "2015-12-31"
    assert names["ID"] is None
    assert "ID" not in {row["partner"] for row in rows_of(book, "fund", date(2015, 12, 30))}


def test_each_command_notes_what_is_illustrative() -> None:
    for command in COMMANDS:
        assert re.match(r"illustrative \(not published\): the .+", command["note"]), command


def test_nobody_is_named_and_ids_are_fixed() -> None:
    ids = [command["command_id"] for command in COMMANDS]
    assert len(set(ids)) == len(ids)
    assert ids[0] == str(uuid5(NAMESPACE_URL, "grantbook facility: demo: officer ttl-1"))
    assert {command["actor"] for command in COMMANDS} <= {"admin", *OFFICERS}


def test_the_facility_has_a_late_entry_a_correction_a_late_story_and_two_follow_ups(book: Book) -> None:
    late = [
        name
        for name in book.grants()
        for entries in [book.entries(f"grant:{name}")]
        if [entry.on for entry in entries] != sorted(entry.on for entry in entries)
    ]
    assert late == ["SEETF-07-afforestation"]
    times = Counter(command["command"] for command in COMMANDS)
    assert (times["CorrectEntry"], times["HandOverFollowUp"], times["DropFollowUp"]) == (1, 2, 1)
    story = grant(book, "SEETF-02-tackling-poverty")
    published = book.entries("grant:SEETF-02-tackling-poverty")[-1].on
    assert story.completed_on is not None
    assert (published - story.completed_on).days > 180
