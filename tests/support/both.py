"""The real book, on a real file and through two handles, beside the second one: they must say the same."""

import json
import random
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

from lifecycle.book.book import Book
from lifecycle.grant.evolve import fold
from lifecycle.grant.obligations.timeline import Timeline
from lifecycle.kernel.errors import VersionConflict
from lifecycle.kernel.history import history
from lifecycle.parse import command_from
from lifecycle.rejudge.walk import judged
from projections.query import run
from second_book.book import Said, SecondBook
from second_book.words import committed, money, overpaid, pending, undisbursed
from support import given as g
from support.asking import FOUNDED
from support.books import NOON, Clock, make_book

GRANTS = ("G1", "G2", "G3")
CALLS = ("C1", "C2")
TODAY = "2026-01-31"


class Asked(NamedTuple):
    """A command that was asked of both."""

    words: dict[str, Any]
    recorder: str
    handle: int


def founded(folder: Path) -> SecondBook:
    """A book with officers, money and a call in both forms; the real one in the folder."""
    second = SecondBook(g.START.isoformat(), "admin", TODAY)
    with make_book(folder, FOUNDED) as book:
        for number, command in enumerate(FOUNDED):
            words = command.words()
            assert second.record({**words, "command_id": f"f{number}"}, words["actor"]) == Said("accepted")
        assert second.position == book.position()
    return second


class Both:
    """A copy of the base, and what was asked of it."""

    def __init__(self, base: Path, second: SecondBook) -> None:
        self.folder = Path(mkdtemp(dir=base.parent))
        shutil.copytree(base, self.folder / "book")
        clock = Clock(NOON + timedelta(hours=1))
        self.books = [Book.open(self.folder / "book", clock=clock) for _ in range(2)]
        self.second = second.copy()
        self.asked: list[Asked] = []
        self.seen = Counter[str]()

    def close(self) -> None:
        """Away with it."""
        for book in self.books:
            book.close()
        shutil.rmtree(self.folder)

    def ask(self, words: dict[str, Any], recorder: str, handle: int = 0) -> None:
        """The same answer, by name."""
        words = {"command_id": f"c{len(self.asked)}", **words}
        self.asked.append(Asked(words, recorder, handle))
        expected = self.second.record(words, recorder)
        try:
            answer = self.books[handle].record(command_from(words), recorder)
            got = Said(answer.outcome, answer.refusal)
        except VersionConflict:
            got = Said("conflict")
        if expected.refusal == "DatedInFuture":  # also where another reason is told first
            assert got.outcome == expected.outcome
        else:
            assert got == expected, f"the book says {got}, the second {expected}"
        self.seen[got.outcome] += 1
        if got.outcome in ("accepted", "refused"):
            self.seen[got.refusal or words["command"]] += 1

    def look(self) -> None:
        """Now, and as of some day as known at some time."""
        second = self.second
        dice = random.Random(len(self.asked))
        for book in self.books:
            assert book.position() == second.position
        facts = [fact for name in second.streams for fact in second.streams[name]]
        on, known = dice.choice(facts)["on"], dice.choice(facts)["at"]
        for grant in GRANTS:
            self.alike(grant, "9999-12-31", second.position)
            self.alike(grant, on, known)
            self.owed(grant, dice.choice([on, TODAY]), known)
        for at in (second.position, known):
            fund = self.books[0].fund(known=at)
            for day in {on, TODAY}:
                assert fund.available.at(g.day(day)) == on_day(second.available(at), day)
            for name in CALLS:
                call = self.books[1].call(name, known=at)
                assert (call is None) == (not second.facts(f"call:{name}", at))
                if call is not None:
                    assert call.left.at(g.day(on)) == on_day(second.left(name, at), on)

    def alike(self, grant: str, on: str, known: int) -> None:
        """Stage, suspension and money of a grant."""
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

    def owed(self, grant: str, on: str, known: int) -> None:
        """The status of every obligation, and the days late."""
        fund, timeline, state = self.books[0].fund(known=known), None, None
        for entry in history(self.books[0].entries(f"grant:{grant}"), known=known):
            timeline = timeline or Timeline(fund.editions, fund.edition_on)
            state = fold((entry,), state)
            assert state is not None
            timeline.see(state, entry.event)
        mine = {}
        for one in timeline.obligations() if timeline is not None else ():
            held = [step for step in one.steps if step.since <= g.day(on)]
            if held and held[-1].excused != "not_asked":
                mine[one.name, one.item] = held[-1].status_on(g.day(on))
        told = self.second.timeline(grant, on, known)
        other = {key: (mine.get(key), told.get(key)) for key in mine | told if mine.get(key) != told.get(key)}
        assert not other, f"{grant} on {on} as known at {known}: the book's, the second's: {other}"

    def report(self) -> None:
        """Every entry and refusal is lawful, and the reports say the same, as of a day and as known then."""
        with self.books[0].journal.recorder.reading():
            assert judged(self.books[0].journal).faults == []
        dice = random.Random(len(self.asked))
        facts = [fact for name in self.second.streams for fact in self.second.streams[name]]
        known = dice.choice(facts)["at"] if len(facts) % 2 else self.second.position
        self.reported(dice.choice(facts)["on"], known)

    def reported(self, on: str, known: int) -> None:
        """Register, disbursement and fund."""

        def rows(name: str) -> list[dict[str, Any]]:
            report = run(self.books[0], name, as_of=g.day(on), known=known)
            return [dict(zip(report.columns, row, strict=True)) for row in report.rows]

        states = {name: self.second.grant(name, on, known) for name in GRANTS}
        there = {name: state for name, state in states.items() if state["stage"]}
        assert {row["grant"]: row["stage"] for row in rows("register")} == {
            name: state["stage"] for name, state in there.items()
        }
        owed = {
            (row["grant"], row["obligation"], row["item"]): (row["status"], row["days"])
            for row in rows("timeline")
            if row["grant"] is not None
        }
        assert owed == {
            (name, *key): status
            for name in there
            for key, status in self.second.timeline(name, on, known).items()
        }
        told = {row["grant"]: row for row in rows("disbursement")}
        for name, state in there.items():
            if name in told:
                columns = ("committed", "disbursed", "refunded", "undisbursed", "overpaid")
                row = [told[name][column] for column in columns]
                mine = [committed(state), state["disbursed"], state["refunded"]]
                mine += [undisbursed(state), overpaid(state)]
                assert row == [f"{amount:.2f}" for amount in mine]
            else:
                assert not state["commitments"]
        total = next(row for row in rows("fund") if row["partner"] is None)
        assert total["available"] == f"{on_day(self.second.available(known), on):.2f}"


def on_day(changes: dict[str, Any], day: str) -> Any:
    """The sum at the end of the day."""
    return sum((change for on, change in changes.items() if on <= day), money("0"))


def wrong_with(asked: list[Asked], base: Path, second: SecondBook) -> str | None:
    """What differs after these commands."""
    both = Both(base, second)
    try:
        for words, recorder, handle in asked:
            both.ask(words, recorder, handle)
            both.look()
        both.report()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        both.close()
    return None


def shortest(asked: list[Asked], base: Path, second: SecondBook) -> str:
    """What differs, and after the fewest of these commands that it takes, as lines of ``record``."""
    told = wrong_with(asked, base, second)
    if told is None:
        return "asked again, nothing differs"
    for one in reversed(asked):
        fewer = [other for other in asked if other is not one]
        if wrong := wrong_with(fewer, base, second):
            asked, told = fewer, wrong
    lines = [f"{json.dumps(words)}  # by {recorder}, handle {handle}" for words, recorder, handle in asked]
    return "\n".join([told, *lines])
