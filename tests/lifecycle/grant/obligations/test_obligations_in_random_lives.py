"""Random lives, late entries and corrections in them: the timeline says what the second book works out."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from lifecycle.grant.evolve import fold
from lifecycle.grant.obligations.timeline import Timeline
from lifecycle.kernel.history import in_force
from lifecycle.policy.edition_file import read_edition, shipped
from second_book.basics import EDITIONS, Event, State
from second_book.basics import in_force as events_in_force
from second_book.timeline import timeline
from support import given as g
from support.drawn_commands import ON_GRANT
from support.draws import Draw, shift
from support.given import Past, given

OURS: State = {
    "name": "ours",
    "from": "2017-06-01",
    "agreement_required": False,
    "windows": {"stand_alone": {"max_months": 18}},
    "obligations": {"inactivity": {"days": 40}, "progress_report": {"months": 6}, "closure": {"days": 7}},
}
THEIRS: State = {
    "name": "theirs",
    "from": "2018-01-01",
    "agreement_required": True,
    "windows": {"stand_alone": {}},
    "obligations": {"signature": {"days": 5}, "review": {"days": 3}, "results_story": {"days": 20}},
}
ALL = [*EDITIONS, OURS, THEIRS]
Dice = random.Random
Make = Callable[[str, Dice, Any], Any]


def edition_text(edition: State) -> str:
    """Of ours: as a file."""
    lines = [f'[edition]\nname = "{edition["name"]}"\nfrom = {edition["from"]}']
    lines += [f"agreement_required = {str(edition['agreement_required']).lower()}"]
    lines += ['disbursement_grace = { months = 4, source = "us" }']
    for window, rules in edition["windows"].items():
        lines += [f"[edition.windows.{window}]"]
        lines += [f'{rule} = {{ value = {value}, source = "us" }}' for rule, value in rules.items()]
    lines += ["[edition.obligations]"]
    for name, span in edition["obligations"].items():
        lines += [f'{name} = {{ {unit} = {n}, source = "us" }}' for unit, n in span.items()]
    return "\n".join(lines)


class Around:
    """The editions, for the second book."""

    def edition(self, name: str) -> State:
        """By its name."""
        return next(one for one in ALL if one["name"] == name)

    def edition_on(self, day: str) -> str | None:
        """The name of the one that holds on a day."""
        return edition_on(day)

    def names(self) -> list[str]:
        """Of all of them."""
        return [one["name"] for one in ALL]

    def roles(self, officer: str, day: str) -> set[str]:
        """None: no obligation depends on a role."""
        return set()

    def windows(self) -> set[str]:
        """Of all of them."""
        return {window for edition in ALL for window in edition["windows"]}

    def call(self, _: str) -> State | None:
        """There is none."""
        return None

    def state_of(self, _: str) -> State:
        """A fund without agreements."""
        return {"agreements": {}, "drawn": {}}


def edition_on(day: str) -> str | None:
    """The one that holds on a day."""
    return next((one["name"] for one in reversed(ALL) if one["from"] <= day), None)


def _amount(dice: Dice, grant: Any) -> str:
    return dice.choice([f"{max(grant.undisbursed, 1):.2f} USD", "10.00 USD", "1000.00 USD"])


def _held(on: str, dice: Dice, _: Any) -> Any:
    ends = shift(on, -dice.choice([0, 0, 3, 40]))
    return g.hold(on, activity=_one(dice, "A"), starts=ends, ends=ends)


def _one(dice: Dice, letter: str) -> str:
    return letter + str(dice.randrange(1, 4))


def _payment(dice: Dice, grant: Any, status: str) -> str:
    names: list[str] = [one.id for one in grant.payments.values() if one.status == status]
    return dice.choice(names or ["P1"])


def _paid(grant: Any, payment: str) -> str:
    known = grant.payments.get(payment)
    return f"{(known and known.authorised) or 1:.2f} USD"


def _new(grant: Any, letter: str) -> str:
    return f"{letter}{len(grant.payments) + 1}"


def _ahead(on: str, dice: Dice) -> str:
    return shift(on, dice.choice([0, 20, 100, 300, 364, 365]))


P, R, A, S, E, F, C = "proposed requested approved signed effective follow_up closed".split()
OBLIGED = "review signature inactivity progress_report disbursement_deadline closure client_survey".split()
ACTS: dict[Make, tuple[str, int]] = {
    lambda on, dice, grant: g.request(on): (P, 8),
    lambda on, dice, grant: g.send_back(on): (R, 2),
    lambda on, dice, grant: g.decline(on): (f"{P} {R}", 1),
    lambda on, dice, grant: g.withdraw(on): (f"{P} {R}", 1),
    lambda on, dice, grant: g.approve(on, amount=dice.choice(["90000.00 USD"] * 6 + ["0.00 USD"])): (R, 12),
    lambda on, dice, grant: g.sign(on): (A, 9),
    lambda on, dice, grant: g.lapse(on): (f"{A} {S}", 1),
    lambda on, dice, grant: g.make_effective(on, closing_date=_ahead(on, dice)): (f"{A} {S}", 9),
    lambda on, dice, grant: g.restructure(on, objective=_one(dice, "aim ")): (f"{A} {S} {E}", 2),
    lambda on, dice, grant: g.plan(on, activity=_one(dice, "A"), starts=on, ends=_ahead(on, dice)): (
        f"{A} {E}",
        2,
    ),
    lambda on, dice, grant: g.reschedule(on, activity=_one(dice, "A"), starts=on, ends=_ahead(on, dice)): (
        E,
        2,
    ),
    lambda on, dice, grant: g.call_off(on, activity=_one(dice, "A")): (f"{A} {E}", 2),
    _held: (f"{E} {F}", 4),
    lambda on, dice, grant: g.request_payment(on, payment=_new(grant, "P"), amount=_amount(dice, grant)): (
        f"{E} {F}",
        6,
    ),
    lambda on, dice, grant: g.authorise(on, payment=_payment(dice, grant, "requested")): (f"{E} {F}", 9),
    lambda on, dice, grant: g.disburse(
        on, payment=(p := _payment(dice, grant, "authorised")), amount=_paid(grant, p)
    ): (
        f"{E} {F}",
        12,
    ),
    lambda on, dice, grant: g.fail(on, payment=_payment(dice, grant, "disbursed")): (
        f"{E} {F} {C} cancelled",
        2,
    ),
    lambda on, dice, grant: g.refund(on, payment=_payment(dice, grant, "disbursed"), amount="10.00 USD"): (
        f"{E} {F} {C} cancelled",
        3,
    ),
    lambda on, dice, grant: g.irregular(on, payment=_new(grant, "X"), amount=_amount(dice, grant)): (
        f"{A} {E} {F} {C}",
        2,
    ),
    lambda on, dice, grant: g.extend(on, closing_date=_ahead(on, dice), waiver=dice.choice([None, "rain"])): (
        E,
        3,
    ),
    lambda on, dice, grant: g.increase(on, amount="10.00 USD"): (f"{A} {E} {F} {C}", 1),
    lambda on, dice, grant: g.cancel_balance(on, amount=_amount(dice, grant)): (f"{A} {E} {F} {C}", 5),
    lambda on, dice, grant: g.cancel(on): (f"{A} {S} {E} {F}", 1),
    lambda on, dice, grant: g.report_progress(on): (f"{E} {F}", 4),
    lambda on, dice, grant: g.complete(on): (E, 3),
    lambda on, dice, grant: g.agree(on, follow_up=_one(dice, "F"), due=_ahead(on, dice)): (f"{E} {F} {C}", 2),
    lambda on, dice, grant: g.complete_follow_up(on, follow_up=_one(dice, "F")): (f"{E} {F} {C}", 3),
    lambda on, dice, grant: g.drop(on, follow_up=_one(dice, "F")): (f"{E} {F} {C}", 1),
    lambda on, dice, grant: g.hand_over(on, follow_up=_one(dice, "F")): (f"{E} {F} {C}", 1),
    lambda on, dice, grant: g.submit_report(on): (f"{E} {F}", 4),
    lambda on, dice, grant: g.accept_report(on): (F, 6),
    lambda on, dice, grant: g.survey(on): (f"{F} {C}", 2),
    lambda on, dice, grant: g.publish_story(on): (f"{F} {C}", 2),
    lambda on, dice, grant: g.record_outcome(on): (f"{F} {C}", 1),
    lambda on, dice, grant: g.waive(on, obligation=dice.choice(OBLIGED)): (f"{R} {A} {E} {F} {C}", 1),
    lambda on, dice, grant: g.waive(on, obligation="completion_report"): (f"{F}", 2),
    lambda on, dice, grant: g.close(on): (F, 12),
    lambda on, dice, grant: g.reopen(on): (C, 4),
}
"""What may be done, in which stages, and how often it is tried."""


def life(dice: Dice, *, elsewhere: bool = False) -> tuple[Past, list[Event]]:
    """A grant's life, and its commands for the second book. ``elsewhere``: it began in another book."""
    editions = [*shipped(), *(read_edition(edition_text(one)) for one in (OURS, THEIRS))]
    past, events = given(editions=editions), list[Event]()
    start = dice.choice(["2012-01-10", "2016-11-20", "2017-01-10", "2017-05-02", "2017-11-20"])

    def ask(command: Any) -> None:
        if past.record(command, recorder="admin").refusal is None:
            events.append({**command.words(), "recorder": "admin", "version": len(events) + 1})
            reads = events[-1].get("reads", {})
            if events[-1]["command"] in ("ApproveGrant", "RestructureGrant"):
                events[-1]["edition"] = edition_on(events[-1]["on"])
            elif events[-1]["command"] == "BringForward":
                events[-1]["edition"] = past.grant.edition
            elif "on" in reads and events[reads_of(events)]["command"] in (
                "ApproveGrant",
                "RestructureGrant",
            ):
                reads["edition"] = edition_on(reads["on"])

    while elsewhere and not events:
        drawn = Draw(g.G, start, 0, "90000.00 USD", _ahead(start, dice), dice.randrange(10**6))
        ask(ON_GRANT["BringForward"](drawn))
    ask(g.propose(start))
    for _ in range(dice.randrange(20, 90)):
        grant = past.grant
        if grant is None:  # struck
            break
        last = events_in_force(events)[-1]["on"]
        on = shift(last, dice.choice([0, 0, 1, 2, 5, 10, 30, 31, 60, 90, 180]))
        if dice.random() < 0.12:
            on = shift(dice.choice(events)["on"], dice.choice([0, 1, 5]))
        if dice.random() < 0.06:
            ask(correction(dice, events))
            continue
        may = {make: often for make, (stages, often) in ACTS.items() if grant.stage in stages.split()}
        if may:
            ask(dice.choices(list(may), list(may.values()))[0](on, dice, grant))
    return past, events


def reads_of(events: list[Event]) -> int:
    """The place of the entry that the newest correction changes."""
    return int(events[-1]["entry"]) - 1


def correction(dice: Dice, events: list[Event]) -> Any:
    """Of any entry: another day, another closing date, or away with it."""
    target = dice.choice(events)
    if target["command"] == "CorrectEntry" or dice.random() < 0.4:
        return g.correct("2025-12-31", entry=target["version"], struck=True)
    if "closing_date" in target and dice.random() < 0.5:
        reads = {"closing_date": shift(target["closing_date"], dice.choice([-30, -1, 1, 30]))}
    else:
        reads = {"on": shift(target["on"], dice.choice([-30, -1, 1, 30]))}
    return g.correct("2025-12-31", entry=target["version"], reads=reads)


def mine(past: Past, on: str, known: int) -> dict[tuple[str, str | None], tuple[str, int]]:
    """Every obligation on a day, as known after this number of entries."""
    rows, state = Timeline(past.fund.editions, past.fund.edition_on), None
    for entry in in_force(past.grants[g.G].entries[:known]):
        state = fold((entry,), state)
        assert state is not None
        rows.see(state, entry.event)
    found = {}
    for one in rows.obligations():
        steps = [step for step in one.steps if step.since <= g.day(on)]
        if steps and steps[-1].excused != "not_asked":
            found[one.name, one.item] = steps[-1].status_on(g.day(on))
    return found


@pytest.mark.case("D3", "D4", "D6", "D7")
@pytest.mark.parametrize("seed", [*range(30), 3381, 3952, 4591])
def test_a_random_life_owes_what_the_second_book_says(seed: int) -> None:
    both_books_say_the_same(Dice(seed), elsewhere=False)


@pytest.mark.parametrize("seed", range(20))
def test_a_life_that_began_elsewhere_owes_what_the_second_book_says(seed: int) -> None:
    both_books_say_the_same(Dice(seed), elsewhere=True)


def both_books_say_the_same(dice: Dice, *, elsewhere: bool) -> None:
    """Compare all obligations of a random life with the second book's, on random days, as known then."""
    past, events = life(dice, elsewhere=elsewhere)
    days = sorted({event["on"] for event in events})
    for _ in range(12):
        known = dice.choice([len(events), dice.randrange(1, len(events) + 1)])
        on = shift(dice.choice(days), dice.choice([0, 0, 1, 30, 31, 200, 2000]))
        held = events_in_force(events[:known])
        theirs = timeline(held, on, Around(), ALL) if held and held[0]["on"] <= on else {}
        ours = mine(past, on, known)
        other = {key for key in ours | theirs if ours.get(key) != theirs.get(key)}
        told = {key: (ours.get(key), theirs.get(key)) for key in other}
        lines = "\n".join(f"{event['version']} {event}" for event in events[:known])
        assert not told, f"on {on} as known at {known}: ours, theirs: {told}\n{lines}"
