"""Outcomes sought and achieved, results and lessons: on their days, as corrected, as known."""

from pathlib import Path

import pytest

from lifecycle.book.book import Book
from projections.reports.results.outcomes import OUTCOMES
from support import given as g
from support.given import EFFECTIVE, FOLLOW_UP, PROPOSED
from support.reading import (
    Rows,
    ask,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.usefixtures("views")

SOUGHT = [g.propose("01-10", outcomes_sought=["raised_awareness", "enhanced_networks"])]
TOLD = g.report_outcomes(
    "2018-04-05",
    outcomes={"raised_awareness": "a survey", "strengthened_coalitions": "a charter"},
    results={"pilot": "one village", "action_plan": "by the ministry"},
)


def counted(rows: Rows) -> dict[str | None, list[int]]:
    return {row["grant"]: [row[name] for name in OUTCOMES] for row in rows}


def version(book: Book, event: str, stream: str = f"grant:{g.G}") -> int:
    return next(e.originator_version for e in book.entries(stream) if type(e.event).__name__ == event)


def test_achieved_beside_sought_each_from_its_own_day(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", SOUGHT, FOLLOW_UP[1:], TOLD) as book:
        before, _ = ask(book, "outcomes", "2018-04-04")
        assert (before["sought"], before["achieved"]) == (["raised_awareness", "enhanced_networks"], [])
        after, total = ask(book, "outcomes", "2018-04-05")
        assert after["achieved"] == ["raised_awareness", "strengthened_coalitions"]
        assert after["results"] == ["action_plan", "pilot"]
        assert counted([after, total]) == {g.G: [1, 0, 0, 1, 0, 0], None: [1, 0, 0, 1, 0, 0]}
        assert ask(book, "outcomes", "01-09") == [total | dict.fromkeys(total, None) | _zeros(total)]


def _zeros(total: dict[str, object]) -> dict[str, int]:
    return {name: 0 for name, value in total.items() if isinstance(value, int)}


def test_how_many_grants_sought_achieved_and_both(tmp_path: Path) -> None:
    another_life = [g.propose("01-10", outcomes_sought=["raised_awareness"])]
    with new_book(tmp_path / "book", SOUGHT, FOLLOW_UP[1:], TOLD, of("SSF-2", another_life)) as book:
        rows = {row["outcome"]: row for row in ask(book, "outcomes", "2018-05-01", by="outcome")}
        assert list(rows) == list(OUTCOMES)
        names = ("sought", "achieved", "sought_and_achieved", "share_of_sought")
        assert [rows["raised_awareness"][name] for name in names] == [2, 1, 1, "0.5000"]
        assert [rows["enhanced_networks"][name] for name in names] == [1, 0, 0, "0.0000"]
        assert [rows["strengthened_coalitions"][name] for name in names] == [0, 1, 0, None]


def test_a_revised_proposal_seeks_what_it_says_from_its_day_on(tmp_path: Path) -> None:
    revised = g.revise("01-15", outcomes_sought=["enhanced_networks", "strengthened_coalitions"])
    with new_book(tmp_path / "book", SOUGHT, revised) as book:
        assert ask(book, "outcomes", "01-14")[0]["sought"] == ["raised_awareness", "enhanced_networks"]
        assert ask(book, "outcomes", "01-15")[0]["sought"] == ["strengthened_coalitions", "enhanced_networks"]


def test_lessons_come_from_every_event_that_has_one(tmp_path: Path) -> None:
    life = [
        *SOUGHT,
        *EFFECTIVE[1:],
        g.hold("06-16", lessons="Start with the farmers"),
        g.complete("2018-03-31"),
        g.lesson("2018-04-01", did_not_work="The second tour"),
        g.submit_report("2018-04-10", lessons="Plan for follow-up"),
    ]
    with new_book(tmp_path / "book", life) as book:
        days = ("06-15", "06-16", "2018-04-01", "2018-04-10")
        assert [ask(book, "outcomes", on)[0]["lessons"] for on in days] == [0, 1, 2, 3]
        assert ask(book, "outcomes", "2018-04-10")[-1]["with_lessons"] == 1


def test_a_correction_is_seen_from_the_entrys_own_day_unless_it_was_not_known(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", SOUGHT, FOLLOW_UP[1:], TOLD) as book:
        known = book.position()
        entry = version(book, "OutcomesReported")
        reads = {"outcomes": {"enhanced_networks": "letters"}, "results": {}}
        record(book, g.correct("2018-06-01", entry=entry, reads=reads))
        now, _ = ask(book, "outcomes", "2018-04-05")
        then, _ = ask(book, "outcomes", "2018-04-05", known=known)
        assert (now["achieved"], now["results"]) == (["enhanced_networks"], [])
        assert then["achieved"] == ["raised_awareness", "strengthened_coalitions"]
        record(book, g.correct("2018-06-02", entry=entry, struck=True))
        assert ask(book, "outcomes", "2018-06-02")[0]["achieved"] == []


def test_a_late_report_counts_from_the_day_that_it_is_about(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", SOUGHT, FOLLOW_UP[1:], TOLD) as book:
        record(book, g.report_outcomes("2017-09-01", outcomes={"enhanced_networks": "early letters"}))
        assert ask(book, "outcomes", "2017-08-31")[0]["achieved"] == []
        assert ask(book, "outcomes", "2017-09-01")[0]["achieved"] == ["enhanced_networks"]
        assert ask(book, "outcomes", "2018-04-05")[-1]["with_results"] == 1


def test_a_result_counts_without_an_outcome(tmp_path: Path) -> None:
    reported = g.report_outcomes("2017-06-01", outcomes={}, results={"pilot": "a chilling plant"})
    with new_book(tmp_path / "book", EFFECTIVE, reported) as book:
        row, total = ask(book, "outcomes", "2017-06-01")
        assert (row["achieved"], row["results"], total["with_results"]) == ([], ["pilot"], 1)


def test_a_grant_without_outcomes_has_no_row(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PROPOSED) as book:
        assert [row["grant"] for row in ask(book, "outcomes", "2018-01-01")] == [None]
