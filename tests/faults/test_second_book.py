"""The real book and a second one, of dictionaries, driven together: they must always say the same.

Any command of a grant's life, of the fund and of calls; in time or late, by whoever; corrected, struck,
asked again, asked on a version that is gone; through two handles on the same file. After each: the same
answer and the same refusal, the same stages and money, as of another day and as known earlier too.
"""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from second_book.book import SecondBook, stream_of
from second_book.words import money, standing
from support.asking import (
    ALL,
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
)
from support.both import (
    GRANTS,
    TODAY,
    Both,
    founded,
    shortest,
)
from support.faults_mode import MODE

SEED = st.integers(0, 2**24 - 1)
WHO = ["usual"] * 12 + ["another"] * 5 + ["all"] * 3 + ["admin", "wrong"]


class Together(RuleBasedStateMachine):
    """One life of both. What is asked next depends on the seed of the run and on all steps before."""

    base: ClassVar[Path]
    second: ClassVar[SecondBook]
    first: ClassVar[int]
    seen: ClassVar[Counter[str]]
    newest: ClassVar[Both]

    def __init__(self) -> None:
        super().__init__()
        self.both = type(self).newest = Both(self.base, self.second)
        self.step = self.first

    def teardown(self) -> None:
        """At the end the reports are asked."""
        try:
            self.both.report()
        finally:
            self.both.close()
            self.seen.update(self.both.seen)

    def dice(self, seed: int) -> random.Random:
        """Dice of this step. (Hypothesis draws the same few numbers again and again.)"""
        self.step = random.Random(f"{self.step} {seed}").getrandbits(64)
        return random.Random(self.step)

    @initialize(seed=SEED)
    def lived(self, seed: int) -> None:
        """Two grants are somewhere in their lives; the third is not there yet."""
        dice = self.dice(seed)
        for grant in GRANTS[:2]:
            for command in dice.choice(LIVES)[: dice.randrange(17)]:
                words = {**command.words(), "grant": grant}
                self.both.ask(words, words["actor"])
        self.both.look()

    def said(self, words: dict[str, Any], dice: random.Random) -> None:
        """By whom, entered by whom, on which version, through which handle."""
        usual, who = words["actor"], dice.choice(WHO)
        actors = {"usual": usual, "another": OTHERS.get(usual, ALL), "all": ALL, "wrong": "n.ew"}
        words["actor"] = actors.get(who, "admin")
        if dice.random() < 0.2:
            words["expect_version"] = len(self.both.second.streams[stream_of(words)])
        if dice.random() < 0.05:
            words["expect_version"] = dice.randrange(9)
        recorder = dice.choice([*[words["actor"]] * 10, "admin", "admin", "t.eacher"])
        self.both.ask(words, recorder, dice.randrange(2))
        self.both.look()

    def drawn(self, dice: random.Random, grant: str, name: str, on: str | None = None) -> Asked:
        """With a day, an amount and a closing date that fit, or nearly."""
        state = self.both.second.grant(grant)
        if on is None:
            facts = standing(self.both.second.streams[f"grant:{grant}"])
            on = dice.choice(days(state, max((fact["on"] for fact in facts), default="2012-01-10")))
        item = item_of(state, name, dice)
        amount, until = dice.choice(amounts(state, item)), dice.choice(untils(on, state))
        return Asked(grant, on, item, amount, until, dice.randrange(1 << 30))

    def _onward(self, seed: int) -> None:
        """What may be done in a grant's stage, mostly in time."""
        dice = self.dice(seed)
        grant = dice.choice(GRANTS)
        state = self.both.second.grant(grant)
        name = dice.choice([*NEXT.get(state["stage"], ["ProposeGrant"]), *pressing(state) * 4])
        self.said(ON_GRANT[name](self.drawn(dice, grant, name)).words(), dice)

    onward, further, farther, ahead = map(rule(seed=SEED), [_onward] * 4)
    # Half of all steps.

    @rule(seed=SEED)
    def anything(self, seed: int) -> None:
        """Any command on a grant on any day, early, late or in the future."""
        dice = self.dice(seed)
        name = dice.choice(sorted(ON_GRANT))
        self.said(
            ON_GRANT[name](self.drawn(dice, dice.choice(GRANTS), name, dice.choice(POOL))).words(), dice
        )

    @rule(seed=SEED)
    def around(self, seed: int) -> None:
        """Commands on the fund and on calls."""
        dice = self.dice(seed)
        make = dice.choice([*ON_FUND.values(), *ON_CALL.values(), *ON_CALL.values()])
        self.said(make(self.drawn(dice, GRANTS[0], "", dice.choice(POOL))).words(), dice)

    @rule(seed=SEED)
    def corrected(self, seed: int) -> None:
        """An entry reads otherwise, or is struck."""
        dice = self.dice(seed)
        about = dice.choice([name for name, facts in self.both.second.streams.items() if facts])
        facts = self.both.second.streams[about]
        if dice.random() < 0.03:
            target = {"command": "", "on": "2012-01-10", "version": len(facts) + 1}
        else:
            target = dice.choice(facts[4:] or facts)
        if about == "fund" and dice.random() < 0.05:
            target = facts[0]
        kind, _, name = about.partition(":")
        words: dict[str, Any] = {"command": "CorrectEntry", "on": TODAY, "actor": "c.hecker"}
        if dice.random() < 0.2:
            words["actor"] = target.get("recorder", ALL)
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
        if target["command"] == "EstablishFund":
            return {"fiscal_year_start": dice.choice([1, 7])} if other else {"currency": "EUR"}
        if target["command"] == "OpenCall":
            return {"closes": max(day, target["closes"])} if other else {"envelope": usd(90_000)}
        if other and target["command"] in ("MakeEffective", "ExtendClosingDate"):
            return {"closing_date": day}
        if other and target["command"] == "SuspendGrant":
            return {"scope": "activities"}
        if other and target["command"] == "RecordRefund" and dice.random() < 0.5:
            return {"payment": dice.choice([None, "P1", "P2", "X1"])}
        if other and target.get("rate") and dice.random() < 0.5:
            return {"rate": dice.choice(["1.5", "1.50000", "1.51"])}
        if other and "amount" in target:
            return {"amount": dice.choice([usd(money(target["amount"]) + more) for more in (-1000, 1, 1000)])}
        return {"on": day}

    @rule(seed=SEED)
    def again(self, seed: int) -> None:
        """A command that was asked before, as it was or with other words under the same id."""
        dice = self.dice(seed)
        if self.both.asked:
            words, recorder, _ = dice.choice(self.both.asked)
            change = {"note": "in other words"} if dice.random() < 0.4 else {}
            self.both.ask({**words, **change}, recorder, dice.randrange(2))
            self.both.look()


PARTS = 6


@pytest.mark.parametrize("part", range(PARTS if MODE != "taste" else 1))
def test_two_books_agree(
    part: int, tmp_path: Path, seed: int, times: Callable[[int, int], int], tell: Callable[[str], None]
) -> None:
    """Lives of fifty steps each."""

    class Driven(Together):
        base = tmp_path / "base"
        second = founded(tmp_path / "base")
        first = seed
        seen: ClassVar[Counter[str]] = Counter()

    lives = times(6, 300 // PARTS)
    options = settings(
        max_examples=lives,
        stateful_step_count=50,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # `shortest` is quicker and finds less
        print_blob=False,
    )
    try:
        run_state_machine_as_test(seeded(seed)(Driven), settings=options)
    except Exception as error:
        raise AssertionError(shortest(Driven.newest.asked, Driven.base, Driven.second)) from error
    seen = Driven.seen
    kinds = [name for name in {**ON_GRANT, **ON_FUND, **ON_CALL} if seen[name]]
    outcomes = {"accepted", "refused", "repeat", "conflict", "CorrectEntry"}
    reasons = [name for name in seen if name not in kinds and name not in outcomes]
    tell(
        f"{lives} lives, {seen['accepted']:,} commands of {len(kinds) + 1} kinds accepted,"
        f" {seen['repeat']:,} repeats, {seen['conflict']:,} conflicts,"
        f" {seen['refused']:,} refused for {len(reasons)} reasons"
    )
    if MODE != "taste":
        assert len(kinds) > 50
        assert len(reasons) > 40
