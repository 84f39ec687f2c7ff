"""The real book and a second one, of dictionaries, driven together: they must always say the same.

Any command of a grant's life, of the fund and of calls; in time or late, by whoever; corrected, struck,
asked again, asked on a version that is gone; through two handles on the same file. After each: the same
answer and the same refusal, the same stages and money, as of another day and as known earlier too.
"""

import random
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import given as g
from asking import (
    ALL,
    FOUNDED,
    LIVES,
    NEXT,
    ON_CALL,
    ON_FUND,
    ON_GRANT,
    OTHERS,
    POOL,
    Asked,
    amounts,
    days,
    item_of,
    pressing,
    shift,
    untils,
    usd,
    words_of,
)
from books import NOON, Clock, make_book
from lifecycle.book import Book
from lifecycle.errors import VersionConflict
from lifecycle.grant import fold
from lifecycle.history import history
from lifecycle.words import command_from
from projections.reports import run
from second_book.book import Said, SecondBook, stream_of
from second_book.words import committed, money, pending, standing, undisbursed

GRANTS = ("G1", "G2", "G3")
CALLS = ("C1", "C2")
SEEN = Counter[str]()
TODAY = "2026-01-31"
SEED = st.integers(0, 2**24 - 1)
"""Drawn evenly; larger ranges are not."""
WHO = ["usual"] * 14 + ["another"] * 3 + ["all"] * 3 + ["admin", "wrong"]


def founded(folder: Path) -> SecondBook:
    """A book with officers, money and a call in both forms; the real one in the folder."""
    second = SecondBook(g.START.isoformat(), "admin", TODAY)
    with make_book(folder, FOUNDED) as book:
        for number, command in enumerate(FOUNDED):
            words = words_of(command)
            assert second.record({**words, "command_id": f"f{number}"}, words["actor"]) == Said("accepted")
        assert second.position == book.position()
    return second


class Together(RuleBasedStateMachine):
    """One life of the two books."""

    base: Path
    second: SecondBook
    seen: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(dir=self.base.parent))
        shutil.copytree(self.base, self.folder / "book")
        clock = Clock(NOON + timedelta(hours=1))
        self.books = [Book.open(self.folder / "book", clock=clock) for _ in range(2)]
        self.second = self.second.copy()
        self.asked: list[tuple[dict[str, Any], str]] = []

    # ── both are asked, and must agree ───────────────────────────────────────────────────────

    def ask(self, words: dict[str, Any], recorder: str, handle: int = 0) -> None:
        """The same answer, then the same state."""
        words.setdefault("command_id", f"c{len(self.asked)}")
        self.asked.append((words, recorder))
        expected = self.second.record(words, recorder)
        try:
            answer = self.books[handle].record(command_from(words), recorder)
            got = Said(answer.outcome, answer.refusal)
        except VersionConflict:
            got = Said("conflict")
        if expected.refusal == "DatedInFuture":  # also where another reason is told first
            assert got.outcome == expected.outcome
        else:
            assert got == expected, (words, recorder, got, expected)
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
        money = (state.committed, state.disbursed, state.refunded, state.undisbursed, state.pending)
        assert (str(state.stage), set(state.suspended)) == (theirs["stage"], theirs["suspended"])
        assert money == (
            committed(theirs),
            theirs["disbursed"],
            theirs["refunded"],
            undisbursed(theirs),
            pending(theirs),
        )

    def teardown(self) -> None:
        """At the end the reports say the same, as of some days and as known then."""
        try:
            dice = random.Random(len(self.asked))
            facts = [fact for name in self.second.streams for fact in self.second.streams[name]]
            self.reported(
                dice.choice(facts)["on"], dice.choice(facts)["at"] if len(facts) % 2 else facts[-1]["at"]
            )
        finally:
            for book in self.books:
                book.close()
            shutil.rmtree(self.folder)

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
        told = {row["grant"]: row for row in rows("disbursement")}
        for name, state in there.items():
            if name in told:
                row = [told[name][column] for column in ("committed", "disbursed", "refunded", "undisbursed")]
                mine = [committed(state), state["disbursed"], state["refunded"], undisbursed(state)]
                assert row == [f"{amount:.2f}" for amount in mine]
            else:
                assert not state["commitments"]
        total = next(row for row in rows("fund") if row["partner"] is None)
        assert total["available"] == f"{on_day(self.second.available(known), on):.2f}"

    # ── what is asked ────────────────────────────────────────────────────────────────────────

    @initialize(far=st.tuples(*[st.integers(0, 16)] * 2), lives=st.tuples(*[st.integers(0, 1)] * 2))
    def lived(self, far: tuple[int, int], lives: tuple[int, int]) -> None:
        """Two grants are somewhere in their lives; the third is not there yet."""
        for grant, steps, life in zip(GRANTS, far, lives, strict=False):
            for command in LIVES[life][:steps]:
                words = {**words_of(command), "grant": grant}
                self.ask(words, words["actor"])
        self.look()

    def said(self, words: dict[str, Any], dice: random.Random) -> None:
        """By whom, entered by whom, on which version, through which handle."""
        usual, who = words["actor"], dice.choice(WHO)
        actors = {"usual": usual, "another": OTHERS.get(usual, ALL), "all": ALL, "wrong": "n.ew"}
        words["actor"] = actors.get(who, "admin")
        if dice.random() < 0.2:
            words["expect_version"] = len(self.second.streams[stream_of(words)])
        if dice.random() < 0.05:
            words["expect_version"] = dice.randrange(9)
        recorder = dice.choice([*[words["actor"]] * 10, "admin", "admin", "t.eacher"])
        self.ask(words, recorder, dice.randrange(2))
        self.look()

    def drawn(self, dice: random.Random, grant: str, name: str, on: str | None = None) -> Asked:
        """With a day, an amount and a closing date that fit, or nearly."""
        state = self.second.grant(grant)
        if on is None:
            facts = standing(self.second.streams[f"grant:{grant}"])
            on = dice.choice(days(state, max((fact["on"] for fact in facts), default="2012-01-10")))
        item = item_of(state, name, dice)
        amount, until = dice.choice(amounts(state, item)), dice.choice(untils(on, state))
        return Asked(grant, on, item, amount, until, dice.randrange(1 << 30))

    @rule(seed=SEED)
    def onward(self, seed: int) -> None:
        """What may be done in a grant's stage, mostly in time."""
        dice = random.Random(seed)
        grant = dice.choice(GRANTS)
        state = self.second.grant(grant)
        name = dice.choice([*NEXT.get(state["stage"], ["ProposeGrant"]), *pressing(state) * 4])
        self.said(words_of(ON_GRANT[name](self.drawn(dice, grant, name))), dice)

    @rule(seed=SEED)
    def further(self, seed: int) -> None:
        """The same: it is done most often."""
        self.onward(seed)

    @rule(seed=SEED)
    def anything(self, seed: int) -> None:
        """Any command on a grant on any day, early, late or in the future."""
        dice = random.Random(seed)
        name = dice.choice(sorted(ON_GRANT))
        self.said(
            words_of(ON_GRANT[name](self.drawn(dice, dice.choice(GRANTS), name, dice.choice(POOL)))), dice
        )

    @rule(seed=SEED)
    def around(self, seed: int) -> None:
        """Commands on the fund and on calls."""
        dice = random.Random(seed)
        make = dice.choice([*ON_FUND.values(), *ON_CALL.values(), *ON_CALL.values()])
        self.said(words_of(make(self.drawn(dice, GRANTS[0], "", dice.choice(POOL)))), dice)

    @rule(seed=SEED)
    def corrected(self, seed: int) -> None:
        """An entry reads otherwise, or is struck."""
        dice = random.Random(seed)
        about = dice.choice([name for name, facts in self.second.streams.items() if facts])
        facts = self.second.streams[about]
        if dice.random() < 0.03:
            target = {"command": "", "on": "2012-01-10", "version": len(facts) + 1}
        else:
            target = dice.choice(facts[4:] or facts)
        kind, _, name = about.partition(":")
        words: dict[str, Any] = {"command": "CorrectEntry", "on": TODAY, "actor": "c.hecker"}
        words |= {"entry": target["version"], "reason": "misread", **({kind: name} if name else {})}
        if target["command"] == "CorrectEntry" or dice.random() < 0.3:
            words["struck"] = True
        else:
            words["reads"] = self.other_reading(target, dice)
        self.said(words, dice)

    def other_reading(self, target: dict[str, Any], dice: random.Random) -> dict[str, Any]:
        """Fields that make a fact."""
        near = [shift(target["on"], days) for days in (-30, -3, -1, 0, 1, 3, 30)]
        day, other = dice.choice([*near, *POOL[:-1]]), dice.random() < 0.5
        if target["command"] == "OpenCall":
            return {"closes": max(day, target["closes"])} if other else {"envelope": usd(90_000)}
        if other and target["command"] in ("MakeEffective", "ExtendClosingDate"):
            return {"closing_date": day}
        if other and target["command"] == "SuspendGrant":
            return {"scope": "activities"}
        if other and "amount" in target:
            return {"amount": dice.choice([usd(money(target["amount"]) + more) for more in (-1000, 1, 1000)])}
        return {"on": day}

    @rule(seed=SEED)
    def again(self, seed: int) -> None:
        """A command that was asked before, as it was or with other words under the same id."""
        dice = random.Random(seed)
        if self.asked:
            words, recorder = dice.choice(self.asked)
            change = {"note": "in other words"} if dice.random() < 0.4 else {}
            self.ask({**words, **change}, recorder, dice.randrange(2))
            self.look()


def on_day(changes: dict[str, Any], day: str) -> Any:
    """The sum at the end of the day."""
    return sum((change for on, change in changes.items() if on <= day), money("0"))


PARTS = 6


@pytest.mark.parametrize("part", range(PARTS))
def test_two_books_agree(
    part: int, tmp_path: Path, seed: int, times: Callable[[int, int], int], tell: Callable[[str], None]
) -> None:
    """Lives of fifty steps each."""
    lives = -(-times(PARTS, 300) // PARTS)

    class Driven(Together):
        base = tmp_path / "base"
        second = founded(tmp_path / "base")
        seen: ClassVar[Counter[str]] = Counter()

    run_state_machine_as_test(
        seeded(seed)(Driven),
        settings=settings(
            max_examples=lives,
            stateful_step_count=50,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            print_blob=False,
        ),
    )
    seen = Driven.seen
    tell(
        f"{lives} lives, {seen['accepted']:,} commands accepted, {seen['repeat']:,} repeats,"
        f" {seen['conflict']:,} conflicts, {seen['refused']:,} refused"
    )
