"""The real book, in a file and opened twice, beside the second book: both must give the same results."""

import json
import random
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from lifecycle.book.book import Book
from lifecycle.directory.evolve import fold as directory_of
from lifecycle.grant.evolve import fold
from lifecycle.grant.obligations.timeline import Timeline
from lifecycle.grant.state import Grant
from lifecycle.kernel.errors import VersionConflict
from lifecycle.kernel.history import history
from lifecycle.parse import command_from
from lifecycle.rejudge.walk import judged
from projections.query import run
from second_book.basics import committed, money, overpaid, pending, undisbursed
from second_book.book import Receipt, SecondBook
from second_book.budget import key, lines_of
from second_book.pools import FREE, left_on
from second_book.pools import Grant as Drawn
from support import given as g
from support.books import NOON, Clock, make_book
from support.drawn_lives import FOUNDED

GRANTS = ("G1", "G2", "G3")
CALLS = ("C1", "C2")
TODAY = "2026-01-31"


class RecordedCommand(NamedTuple):
    """A command that was recorded in both books."""

    words: dict[str, Any]
    recorder: str
    handle: int


def founded(folder: Path) -> SecondBook:
    """Make both books with officers, money and a call, the real one in the folder. Return the second one."""
    second = SecondBook(g.START.isoformat(), "admin", TODAY)
    with make_book(folder, FOUNDED) as book:
        for number, command in enumerate(FOUNDED):
            words = command.words()
            assert second.record({**words, "command_id": f"f{number}"}, words["actor"]) == Receipt("accepted")
        assert second.position == book.position()
    return second


class BothBooks:
    """A copy of both books, and the commands recorded in them."""

    def __init__(self, base: Path, second: SecondBook) -> None:
        self.folder = Path(mkdtemp(dir=base.parent))
        shutil.copytree(base, self.folder / "book")
        clock = Clock(NOON + timedelta(hours=1))
        self.books = [Book.open(self.folder / "book", clock=clock) for _ in range(2)]
        self.second = second.copy()
        self.commands: list[RecordedCommand] = []
        self.seen = Counter[str]()

    def close(self) -> None:
        """Close the real book and remove its folder."""
        for book in self.books:
            book.close()
        shutil.rmtree(self.folder)

    def record(self, words: dict[str, Any], recorder: str, handle: int = 0) -> None:
        """Record the command in both books, and assert that both give the same receipt."""
        words = {"command_id": f"c{len(self.commands)}", **words}
        self.commands.append(RecordedCommand(words, recorder, handle))
        expected = self.second.record(words, recorder)
        try:
            answer = self.books[handle].record(command_from(words), recorder)
            receipt = Receipt(answer.outcome, answer.refusal)
        except VersionConflict:
            receipt = Receipt("conflict")
        if expected.refusal == "DatedInFuture":  # another refusal may come first in the real book
            assert receipt.outcome == expected.outcome
        else:
            assert receipt == expected, f"the book says {receipt}, the second {expected}"
        self.seen[receipt.outcome] += 1
        if receipt.outcome in ("accepted", "refused"):
            self.seen[receipt.refusal or words["command"]] += 1

    def compare(self) -> None:
        """Compare the states of both now, and as of a random day as known at a random time."""
        second = self.second
        dice = random.Random(len(self.commands))
        for book in self.books:
            assert book.position() == second.position
        events = [event for name in second.streams for event in second.streams[name]]
        on, known = dice.choice(events)["on"], dice.choice(events)["at"]
        for grant in GRANTS:
            self.compare_grant(grant, "9999-12-31", second.position)
            self.compare_grant(grant, on, known)
            self.compare_obligations(grant, dice.choice([on, TODAY]), known)
        for position in (second.position, known):
            fund = self.books[0].fund(known=position)
            for day in {on, TODAY}:
                assert fund.available.at(g.day(day)) == on_day(second.available(position), day)
            pools = second.pools(position)
            assert {*fund.agreements, *([FREE[1]] if fund.agreements else [])} == (
                {*pools} if len(pools) > 1 else set()
            )
            for pool in pools if fund.agreements else ():
                left = fund.pool(None if pool == FREE[1] else pool)
                for day in {on, TODAY}:
                    assert left.at(g.day(day)) * 100 == left_on(pools[pool], day), f"pool {pool} on {day}"
            for name in CALLS:
                call = self.books[1].call(name, known=position)
                assert (call is None) == (not second.events(f"call:{name}", position))
                if call is not None:
                    assert call.left.at(g.day(on)) == on_day(second.left(name, position), on)
            directory = directory_of(history(self.books[0].entries("directory"), g.day(on), position))
            assert {id: known.name for id, known in directory.institutions.items()} == {
                id: known["name"] for id, known in second.directory(on, position)["institutions"].items()
            }

    def compare_grant(self, grant: str, on: str, known: int) -> None:
        """Compare the stage, the suspensions and the money of a grant."""
        theirs = self.second.grant(grant, on, known)
        state = fold(history(self.books[0].entries(f"grant:{grant}"), on=g.day(on), known=known))
        if state is None:
            assert theirs["stage"] is None
            return
        money = (
            *(state.committed, state.disbursed, state.refunded, state.undisbursed, state.overpaid),
            state.pending,
        )
        assert (str(state.stage), set(state.suspended)) == (theirs["stage"], theirs["suspended"])
        assert money == (
            committed(theirs),
            theirs["disbursed"],
            theirs["refunded"],
            undisbursed(theirs),
            overpaid(theirs),
            pending(theirs),
        )
        check_lines(state, theirs)

    def compare_obligations(self, grant: str, on: str, known: int) -> None:
        """Compare the status of each obligation of a grant, and its days late."""
        fund, timeline, state = self.books[0].fund(known=known), None, None
        for entry in history(self.books[0].entries(f"grant:{grant}"), known=known):
            timeline = timeline or Timeline(fund.editions, fund.edition_on)
            state = fold((entry,), state)
            assert state is not None
            timeline.see(state, entry.event)
        mine = {}
        for obligation in timeline.obligations() if timeline is not None else ():
            held = [step for step in obligation.steps if step.since <= g.day(on)]
            if held and held[-1].excused != "not_asked":
                mine[obligation.name, obligation.item] = held[-1].status_on(g.day(on))
        theirs = self.second.timeline(grant, on, known)
        differing = {
            key: (mine.get(key), theirs.get(key)) for key in mine | theirs if mine.get(key) != theirs.get(key)
        }
        assert not differing, f"{grant} on {on} as known at {known}: the book's, the second's: {differing}"

    def compare_reports(self) -> None:
        """Judge each entry and refusal again, and compare the reports as of a random day as known then."""
        with self.books[0].journal.recorder.reading():
            assert judged(self.books[0].journal).faults == []
        dice = random.Random(len(self.commands))
        events = [event for name in self.second.streams for event in self.second.streams[name]]
        known = dice.choice(events)["at"] if len(events) % 2 else self.second.position
        self.compare_reports_of(dice.choice(events)["on"], known)

    def compare_reports_of(self, on: str, known: int) -> None:
        """Compare the reports register, timeline, disbursement and fund."""

        def rows(name: str) -> list[dict[str, Any]]:
            compare_reports = run(self.books[0], name, as_of=g.day(on), known=known)
            return [dict(zip(compare_reports.columns, row, strict=True)) for row in compare_reports.rows]

        states = {name: self.second.grant(name, on, known) for name in GRANTS}
        existing = {name: state for name, state in states.items() if state["stage"]}
        assert {row["grant"]: row["stage"] for row in rows("register")} == {
            name: state["stage"] for name, state in existing.items()
        }
        compare_obligations = {
            (row["grant"], row["obligation"], row["item"]): (row["status"], row["days"])
            for row in rows("timeline")
            if row["grant"] is not None
        }
        assert compare_obligations == {
            (name, *key): status
            for name in existing
            for key, status in self.second.timeline(name, on, known).items()
        }
        disbursement = {row["grant"]: row for row in rows("disbursement")}
        for name, state in existing.items():
            if name in disbursement:
                columns = ("committed", "disbursed", "refunded", "undisbursed", "overpaid")
                row = [disbursement[name][column] for column in columns]
                mine = [committed(state), state["disbursed"], state["refunded"]]
                mine += [undisbursed(state), overpaid(state)]
                assert row == [f"{amount:.2f}" for amount in mine]
            else:
                assert not state["commitments"]
        budget = [(row["grant"], key(row["line"]), row["left"]) for row in rows("budget") if row["line"]]
        assert budget == [
            (name, line, f"{left:.2f}")
            for name, state in sorted(existing.items())
            for line, (_, _, left) in lines_of(state).items()
        ]
        fund = self.second.replay_fund(self.second.events("fund", known))
        pools = {row["pool"]: (row["committed"], row["paid"]) for row in rows("pools") if row["pool"]}
        sums = {name: [0, 0] for name in pools}
        for name in states:
            grant = self.second.grant(name, known=known)
            for column, parts in enumerate(Drawn(grant, fund["drawn"].get(name, [])).at(on)):
                for (_, agreement), units in parts.items():
                    if agreement in sums:
                        sums[agreement][column] += units
                    else:
                        assert agreement == FREE[1] or not units
        seconds = {
            name: tuple(f"{units // 100}.{units % 100:02}" for units in own) for name, own in sums.items()
        }
        differing = {name: (pools[name], own) for name, own in seconds.items() if pools[name] != own}
        assert not differing, f"committed and paid on {on} as known at {known}: {differing}"
        total = next(row for row in rows("fund") if row["partner"] is None)
        assert total["available"] == f"{on_day(self.second.available(known), on):.2f}"
        self.compare_free(rows("pools"), on, known)

    def compare_free(self, rows: list[dict[str, Any]], on: str, known: int) -> None:
        """Assert that the rows of pools add up to the fund, and that none is below zero without a reason."""
        assert sum(money(row["free"]) for row in rows) == on_day(self.second.available(known), on)
        for row in rows:
            beyond = money(row["overpaid"]) + max(money(row["committed"]) - money(row["held"]), money("0"))
            reason = beyond if row["pool"] is None else money("0")
            assert money(row["free"]) >= -reason, f"on {on} as known at {known}: {row}"


def check_lines(state: Grant, theirs: dict[str, Any]) -> None:
    """Assert that each budget line is the same in both books, and that all add up to the commitment."""
    mine = {
        name: (line.amount, line.reallocated, state.left_of_line(name)) for name, line in state.lines.items()
    }
    assert mine == lines_of(theirs)
    assert not mine or sum(holds for holds, *_ in mine.values()) == state.committed


def on_day(changes: dict[str, Any], day: str) -> Any:
    """Return the sum at the end of the day."""
    return sum((change for on, change in changes.items() if on <= day), money("0"))


def difference_after(commands: list[RecordedCommand], base: Path, second: SecondBook) -> str | None:
    """Return what differs after these commands, or None."""
    both = BothBooks(base, second)
    try:
        for words, recorder, handle in commands:
            both.record(words, recorder, handle)
            both.compare()
        both.compare_reports()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        both.close()
    return None


def shortest_difference(commands: list[RecordedCommand], base: Path, second: SecondBook) -> str:
    """Return what differs after the fewest of these commands, and these commands as lines of ``record``."""
    difference = difference_after(commands, base, second)
    if difference is None:
        return "recorded again, nothing differs"
    for left_out in reversed(commands):
        fewer = [other for other in commands if other is not left_out]
        if fewer_difference := difference_after(fewer, base, second):
            commands, difference = fewer, fewer_difference
    lines = [f"{json.dumps(words)}  # by {recorder}, handle {handle}" for words, recorder, handle in commands]
    return "\n".join([difference, *lines])
