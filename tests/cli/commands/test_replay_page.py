"""The page of a replay shows in each cell what the commands for that day and time print."""

import json
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cli.commands.audit.history import _replayed
from cli.narrative.replay.grid import grid_of
from cli.narrative.replay.obligation_rows import Editions, known_steps, rows_on
from cli.shell.as_of_options import AsOf
from lifecycle.book.book import Book
from support.cli_shell import Shell, on_grant, with_corrections
from support.pages import assert_accessible, hostile_life, parsed
from support.reading import ask
from support.replay_pages import ReplayPage, text_of

LARGEST = 200_000
"""The most bytes of a page of 100 entries."""


def page_of(shell: Shell, *options: str) -> ReplayPage:
    result = shell("audit", "replay", "G-1", "--format", "html", *options)
    assert result.code == 0, result.err
    return ReplayPage(result.out)


def as_shown(field: str, value: Any) -> str:
    """Return a value of the JSON as people read it."""
    amounts = ("proposed", "requested", "committed", "disbursed", "refunded", "undisbursed", "overpaid")
    if field in (*amounts, "asked_for_and_not_finished"):
        return f"{Decimal(value.removesuffix(' USD')):,f} USD"
    return ", ".join(value) if isinstance(value, list) else str(value)


def test_each_cell_shows_the_state_of_its_replay(lived: Shell) -> None:
    page = page_of(with_corrections(lived), "--on", "2017-04-15")
    assert "2017-04-15" in page.days
    states = set()
    with Book.open(lived.place, read_only=True) as book:
        for known, position in enumerate(page.known):
            for on, day in enumerate(page.days):
                as_of = AsOf(date.fromisoformat(day), position, "")
                state = json.loads(_replayed(book, "G-1", as_of, day, "json"))["state"]
                expected = {
                    name.replace("_", " ").replace(":", " "): as_shown(name, value)
                    for name, value in state.items()
                    if value not in (None, [])
                }
                assert page.fields(on, known) == expected, (day, position)
                paid = Decimal(state["disbursed"]) - Decimal(state["refunded"]) if state else 0
                sums = [state["committed"], paid, state["undisbursed"]] if state else ["0"] * 3
                amounts = [f"{Decimal(amount):,.2f} USD" for amount in sums]
                assert page.sums(on, known) == [state["stage"] if state else "\u2013", *amounts]
                states.add(str(state))
    assert len(states) == len(page.sets("fields"))
    assert len(page.days) * len(page.known) > 10 * len(states)


def test_each_cell_shows_the_obligations_of_the_timeline(lived: Shell) -> None:
    page = page_of(with_corrections(lived), "--on", "2017-04-15")
    statuses = set()
    with Book.open(lived.place, read_only=True) as book:
        for known, position in list(enumerate(page.known))[1::4]:
            for on, day in list(enumerate(page.days))[known % 3 :: 4]:
                rows = ask(book, "timeline", day, grant="G-1", known=position)
                expected = []
                for row in rows:
                    name = row["obligation"].replace("_", " ")
                    dates = {"began": row["triggered_on"], "due": row["due_on"]}
                    dates["moved from"] = ", ".join(row["superseded"] or [])
                    dates["met"] = row["met_on"]
                    words = [f"{word} {dated}" for word, dated in dates.items() if dated]
                    expected.append([f"{name} {row['item']}" if row["item"] else name, *words])
                    statuses.add(row["status"])
                shown = page.obligations(on, known)
                assert sorted([name, *words] for name, _, *words in shown) == sorted(expected)
                by_name = {name: label for name, label, *_ in shown}
                for row, (name, *_) in zip(rows, expected, strict=True):
                    assert by_name[name].startswith(row["status"].replace("_", " "))
                    if row["days"] and row["status"] != "overdue":
                        assert by_name[name].endswith(f"by {row['days']} days")
    assert {"met", "overdue", "upcoming", "due_soon", "not_started"} <= statuses


def test_nothing_changes_between_two_days_of_the_slider(lived: Shell) -> None:
    """Given obligations that change on days without an entry: they begin, are due soon, or are overdue."""
    with Book.open(with_corrections(lived).place, read_only=True) as book:
        entries = book.entries("grant:G-1")
        days = grid_of(book, entries).days
        fund = book.fund()
        for number in range(len(entries)):
            obligations = known_steps(entries[: number + 1], Editions(fund.editions, fund.edition_on))
            for day, following in pairwise(days):
                before = following - timedelta(days=1)
                assert list(rows_on(obligations, day)) == list(rows_on(obligations, before))


def test_the_entries_are_the_history_as_it_was_known(lived: Shell) -> None:
    page = page_of(with_corrections(lived))
    labels = set()
    for known, position in enumerate(page.known):
        rows = lived("--json", "audit", "history", "G-1", "--known", str(position)).rows
        shown = page.entries(known)
        assert len(shown) == len(rows)
        for entry, row in zip(shown, rows, strict=True):
            text = text_of(entry)
            assert text.startswith(f"{row['on']} {row['version']}")
            assert row["sentence"] in text
            assert all(f"“{row['note']}”" in text for _ in [row["note"]] if row["note"])
            marked = (entry.get("class") or "").split()
            assert ("late" in marked) == row["late"]
            assert ("out-of-order" in marked) == row["out_of_order"]
            assert ("corrected" in marked) == bool(row["corrected_by"])
            assert ("struck" in marked) == (row["without_effect"] or row["struck_by"] is not None)
            labels.update(marked)
    assert labels == {"late", "out-of-order", "corrected", "struck"}


def test_the_dates_that_were_typed_are_where_the_page_begins(lived: Shell) -> None:
    newest = page_of(lived)
    assert "stage effective" in newest.visible("fields")[0]
    page = page_of(lived, "--on", "2017-02-01", "--known", str(newest.known[4]))
    assert page.visible("fields")[0] == "stage requested"
    assert len(page.visible("entries")) == 5
    later = [("after the chosen day" in entry) for entry in page.visible("entries")]
    assert later == [False, False, True, True, True]


def test_a_day_before_the_grant_shows_no_state(lived: Shell) -> None:
    page = page_of(lived, "--on", "2016-01-01")
    assert page.visible("fields") == []
    assert page.fields(0, 0) == {}


def test_without_a_script_the_page_lists_the_entries_with_what_they_changed(lived: Shell) -> None:
    text = " ".join(page_of(with_corrections(lived)).visible("entries"))
    assert "stage requested → approved" in text
    assert "undisbursed 70,000.00 → 11,000.00 USD" in text


def test_the_page_is_valid_accessible_and_allows_nothing_else(gb: Shell) -> None:
    assert gb("record", gb.file(hostile_life())).code == 0
    result = gb("audit", "replay", "G-1", "--format", "html")
    assert_accessible(parsed(result.out))
    assert result.out.count("<script") == 2
    assert "default-src &#39;none&#39;" in result.out
    assert "unsafe" not in result.out
    assert "\u202e" not in result.out
    assert "<b>agri" not in result.out
    assert result.out == gb("audit", "replay", "G-1", "--format", "html").out


def record_a_hundred_entries(lived: Shell) -> None:
    """Record 86 more entries after 14 of which one is late, one corrected and two are struck."""
    commands = []
    for number in range(27):
        payment, on = f"Q{number}", f"2017-{9 + number // 9:02d}-{5 + 2 * (number % 9):02d}"
        request = {"payee": f"Hotel {number}", "category": "travel", "amount": "300.00 USD"}
        commands.append(on_grant("RequestPayment", on, "leader", payment=payment, **request))
        commands.append(on_grant("AuthorisePayment", on, "cash", payment=payment))
        commands.append(on_grant("DisburseFunds", on, "payer", payment=payment, amount="300.00 USD"))
    planned = {"instrument": "study_tour", "countries": ["TZ", "IN"]}
    for number in range(5):
        days = {"starts": f"2018-01-{1 + number:02d}", "ends": f"2018-01-{11 + number:02d}"}
        commands.append(
            on_grant("PlanActivity", "2017-12-20", "leader", activity=f"A{number}", **planned, **days)
        )
    result = with_corrections(lived)("record", lived.file(commands))
    assert result.code == 0, result.out


def test_a_page_of_a_hundred_entries_is_small(lived: Shell) -> None:
    record_a_hundred_entries(lived)
    text = lived("audit", "replay", "G-1", "--format", "html").out
    assert len(ReplayPage(text).known) == 100
    assert len(text.encode()) <= LARGEST


@pytest.mark.parametrize("name", ["fund", "directory"])
def test_only_a_grant_has_a_page(lived: Shell, name: str) -> None:
    result = lived("audit", "replay", name, "--format", "html")
    assert result.code == 2
    assert "a page is made of a grant" in result.err or "nothing is recorded" in result.err


def test_the_form_follows_the_file(lived: Shell, tmp_path: Path) -> None:
    for ending, first in (
        (".html", "<!DOCTYPE html>"),
        (".json", '{"name": "G-1"'),
        (".txt", "G-1, as known"),
    ):
        file = tmp_path / f"replay{ending}"
        assert lived("audit", "replay", "G-1", "--output", str(file)).code == 0
        assert file.read_text("utf-8").startswith(first)
    wrong = lived("audit", "replay", "G-1", "--output", str(tmp_path / "replay.csv"))
    assert wrong.code == 2
    assert "this command writes no .csv" in wrong.err
