"""The real book and the second book get the same commands and must give the same results.

Commands are any of a grant's life, of the fund and of calls, in time or late, by any officer. Entries are
corrected and struck; commands are repeated, or name an outdated version. The real book is opened twice.
After each command both have the same receipt, stages and money, also as of another day and as known earlier.
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

from lifecycle.book import grant_snapshots
from second_book.basics import in_force, money
from second_book.book import SecondBook, stream_of
from support.both_books import (
    GRANTS,
    TODAY,
    BothBooks,
    founded,
    shortest_difference,
)
from support.drawn_agreements import NAMES, begun_agreements
from support.drawn_commands import ON_CALL, ON_DIRECTORY, ON_FUND, ON_GRANT, OTHERS
from support.drawn_lives import ALL, LIVES
from support.draws import POOL, Draw, amounts, days, shift, untils, usd
from support.faults_mode import MODE
from support.next_commands import BEGIN, NEXT, item_of, pressing
from support.winding_up import winding_up

SEED = st.integers(0, 2**24 - 1)
WHO = ["usual"] * 12 + ["another"] * 5 + ["all"] * 3 + ["admin", "wrong"]


class Together(RuleBasedStateMachine):
    """One life of both books. The next command depends on the seed of the run and on all earlier steps."""

    base: ClassVar[Path]
    second: ClassVar[SecondBook]
    first: ClassVar[int]
    seen: ClassVar[Counter[str]]
    newest: ClassVar[BothBooks]

    def __init__(self) -> None:
        super().__init__()
        self.both = type(self).newest = BothBooks(self.base, self.second)
        self.step = self.first

    def teardown(self) -> None:
        """Compare the reports at the end."""
        try:
            self.both.compare_reports()
        finally:
            self.both.close()
            self.seen.update(self.both.seen)

    def dice(self, seed: int) -> random.Random:
        """Return the dice of this step. (Hypothesis draws the same few numbers again and again.)"""
        self.step = random.Random(f"{self.step} {seed}").getrandbits(64)
        return random.Random(self.step)

    @initialize(seed=SEED)
    def begin_lives(self, seed: int) -> None:
        """Begin with two grants somewhere in their lives; the third does not exist yet."""
        dice = self.dice(seed)
        for command in begun_agreements(dice):
            self.both.record(command.words(), command.words()["actor"])
        for grant in GRANTS[:2]:
            for command in dice.choice(LIVES)[: dice.randrange(17)]:
                words = {**command.words(), "grant": grant}
                if words["command"] == "MakeEffective" and dice.random() < 0.7:
                    words["pool_waiver"] = "the donor agrees"
                self.both.record(words, words["actor"])
        self.both.compare()

    def record_as_drawn(self, words: dict[str, Any], dice: random.Random) -> None:
        """Draw the actor, the recorder, the version and the handle, record the command, and compare."""
        usual_actor, choice = words["actor"], dice.choice(WHO)
        actors = {"usual": usual_actor, "another": OTHERS.get(usual_actor, ALL), "all": ALL, "wrong": "n.ew"}
        words["actor"] = actors.get(choice, "admin")
        if dice.random() < 0.2:
            words["expect_version"] = len(self.both.second.streams[stream_of(words)])
        if dice.random() < 0.05:
            words["expect_version"] = dice.randrange(9)
        recorder = dice.choice([*[words["actor"]] * 10, "admin", "admin", "t.eacher"])
        self.both.record(words, recorder, dice.randrange(2))
        self.both.compare()

    def draw_for(self, dice: random.Random, grant: str, name: str, on: str | None = None) -> Draw:
        """Return a draw with a day, an amount and a closing date that fit or nearly fit."""
        state = self.both.second.grant(grant)
        if on is None:
            events = in_force(self.both.second.streams[f"grant:{grant}"])
            on = dice.choice(days(state, max((event["on"] for event in events), default="2012-01-10")))
        item = item_of(state, name, dice)
        amount, until = dice.choice(amounts(state, item)), dice.choice(untils(on, state))
        return Draw(grant, on, item, amount, until, dice.randrange(1 << 30))

    def _onward(self, seed: int) -> None:
        """Record a command that is possible in a grant's stage, mostly in time."""
        dice = self.dice(seed)
        grant = dice.choice(GRANTS)
        state = self.both.second.grant(grant)
        name = dice.choice([*NEXT.get(state["stage"], BEGIN), *pressing(state) * 4])
        self.record_as_drawn(ON_GRANT[name](self.draw_for(dice, grant, name)).words(), dice)

    onward, further, farther, ahead = map(rule(seed=SEED), [_onward] * 4)
    # Half of all steps.

    @rule(seed=SEED)
    def any_command(self, seed: int) -> None:
        """Record any command on a grant on any day: early, late or in the future."""
        dice = self.dice(seed)
        name = dice.choice(sorted(ON_GRANT))
        self.record_as_drawn(
            ON_GRANT[name](self.draw_for(dice, dice.choice(GRANTS), name, dice.choice(POOL))).words(), dice
        )

    @rule(seed=SEED)
    def fund_or_call(self, seed: int) -> None:
        """Record a command on the fund, on a call or on the directory."""
        dice = self.dice(seed)
        make = dice.choice([*ON_FUND.values(), *2 * [*ON_CALL.values(), *ON_DIRECTORY.values()]])
        self.record_as_drawn(
            make(self.draw_for(dice, dice.choice(GRANTS), "", dice.choice(POOL))).words(), dice
        )

    @rule(seed=SEED)
    def correct_entry(self, seed: int) -> None:
        """Correct or strike an entry."""
        dice = self.dice(seed)
        stream = dice.choice([name for name, events in self.both.second.streams.items() if events])
        events = self.both.second.streams[stream]
        if dice.random() < 0.03:
            target = {"command": "", "on": "2012-01-10", "version": len(events) + 1}
        else:
            target = dice.choice(events if stream == "directory" else events[4:] or events)
        if stream == "fund" and dice.random() < 0.05:
            target = events[0]
        kind, _, name = stream.partition(":")
        command = "CorrectDirectoryEntry" if stream == "directory" else "CorrectEntry"
        words: dict[str, Any] = {"command": command, "on": TODAY, "actor": "c.hecker"}
        if dice.random() < 0.2:
            words["actor"] = target.get("recorder", ALL)
        words |= {"entry": target["version"], "reason": "misread", **({kind: name} if name else {})}
        if target["command"] == "CorrectEntry" or dice.random() < 0.3:
            words["struck"] = True
        else:
            words["reads"] = self.other_reading(target, dice)
        self.record_as_drawn(words, dice)

    def other_reading(self, target: dict[str, Any], dice: random.Random) -> dict[str, Any]:
        """Return other fields for the event."""
        near = [shift(target["on"], days) for days in (-30, -3, -1, 0, 1, 3, 30)]
        day, other = dice.choice([*near, *POOL[:-1]]), dice.random() < 0.5
        if target["command"] == "EstablishFund":
            return {"fiscal_year_start": dice.choice([1, 7])} if other else {"currency": "EUR"}
        if other and target["command"] == "ProposeGrant" and dice.random() < 0.5:
            return {"call": dice.choice([None, "C1", "C2"])}
        if target["command"] == "OpenCall":
            return {"closes": max(day, target["closes"])} if other else {"envelope": usd(90_000)}
        if other and target["command"] == "RegisterInstitution":
            return {"identifier": dice.choice([None, "XM-DAC-1", "XM-DAC-2"])}
        if other and target["command"] in ("MakeEffective", "ExtendClosingDate"):
            return {"closing_date": day}
        if other and target["command"] == "SuspendGrant":
            return {"scope": "activities"}
        if other and target["command"] in ("AgreeContribution", "AmendContribution"):
            terms = {"valid_until": day, "end_disbursement": day, "fee_percent": "1"}
            return dict([dice.choice([*terms.items()])])
        if target.get("agreement") and dice.random() < 0.3:
            return {"agreement": dice.choice(NAMES)}
        if other and target["command"] == "RecordRefund" and dice.random() < 0.5:
            return {"payment": dice.choice([None, "P1", "P2", "X1"])}
        if other and target.get("rate") and dice.random() < 0.5:
            return {"rate": dice.choice(["1.5", "1.50000", "1.51"])}
        if dice.random() < 0.1 and "payee" in target:
            return {"payee_institution": dice.choice(["MOA", "DAIRY", None])}
        if dice.random() < 0.1 and target["command"] in ("ProposeGrant", "ReviseProposal", "BringForward"):
            return {"institutions": [{"institution": dice.choice(["MOA", "ASAHI"]), "role": "implementing"}]}
        if dice.random() < 0.1 and target["command"] in ("ProposeGrant", "ReviseProposal"):
            return {"follows": dice.choice([*GRANTS, "NONE-1", None])}
        if other and "amount" in target:
            return {"amount": dice.choice([usd(money(target["amount"]) + more) for more in (-1000, 1, 1000)])}
        return {"on": day}

    @rule(seed=SEED)
    def wind_up(self, seed: int) -> None:
        """End every grant, give back what is left, and close the fund, in a part of the lives."""
        dice = self.dice(seed)
        if dice.random() < 0.9:
            return
        on = dice.choice([TODAY, TODAY, "2018-12-31"])
        for words in winding_up(self.both.second, GRANTS, on):
            self.both.record(words, words["actor"])
        self.both.compare()

    @rule(seed=SEED)
    def repeat(self, seed: int) -> None:
        """Repeat an earlier command, unchanged or with another note under the same id."""
        dice = self.dice(seed)
        if self.both.commands:
            words, recorder, _ = dice.choice(self.both.commands)
            change = {"note": "in other words"} if dice.random() < 0.4 else {}
            self.both.record({**words, **change}, recorder, dice.randrange(2))
            self.both.compare()


PARTS = 6


@pytest.mark.parametrize("part", range(PARTS if MODE != "taste" else 1))
def test_both_books_give_the_same_receipts_and_reports(  # noqa: PLR0917 fixtures
    part: int,
    tmp_path: Path,
    seed: int,
    times: Callable[[int, int], int],
    tell: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each life has fifty steps. In every second part grants have snapshots from three entries on."""
    if part % 2 == 0:
        monkeypatch.setattr(grant_snapshots, "LONG", 3)

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
        raise AssertionError(
            shortest_difference(Driven.newest.commands, Driven.base, Driven.second)
        ) from error
    seen = Driven.seen
    kinds = [name for name in {**ON_GRANT, **ON_FUND, **ON_CALL, **ON_DIRECTORY} if seen[name]]
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
