"""Nothing is forgotten: every refusal has a test, every event its place, every command its row."""

import re
from pathlib import Path

import pytest

from lifecycle.call import call as on_call
from lifecycle.catalogue import BY_EVENT, CALL_COMMANDS, FUND_COMMANDS, GRANT_COMMANDS, ROWS
from lifecycle.fund import events as on_fund
from lifecycle.fund.evolve import EVOLVE
from lifecycle.grant import events as on_grant
from lifecycle.grant import evolve as grant
from lifecycle.kernel.command import GrantCommand, OnGrant
from lifecycle.kernel.event import (
    CallEvent,
    EntryCorrected,
    Event,
    FundEvent,
    GrantEvent,
)
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import Refusal, every_refusal
from lifecycle.kernel.spec import ANY, Spec
from lifecycle.parse import command_class, every_command
from lifecycle.types.stage import Stage
from second_book.grant import PARTS
from second_book.words import ROLE
from support.asking import ON_CALL, ON_FUND, ON_GRANT

TESTS = Path(__file__).parents[1]
TABLES = {"grant": GRANT_COMMANDS, "fund": FUND_COMMANDS, "call": CALL_COMMANDS}
ALL_ROWS = [(row, about) for about, rows in TABLES.items() for row in rows]
EVENTS = {"grant": on_grant.EVENTS, "fund": on_fund.EVENTS, "call": on_call.EVENTS}
BASES: dict[str, type[Event]] = {"grant": GrantEvent, "fund": FundEvent, "call": CallEvent}
HERE = Path(__file__)
THROWN = {"grant": ON_GRANT, "fund": ON_FUND, "call": ON_CALL}
THROWN_OTHERWISE = {
    "EstablishFund": "a book begins with it",
    "CorrectEntry": "made from an entry that is there",
    "SwitchSealing": "no other command is judged by who seals",
}


@pytest.fixture(scope="module")
def sources() -> str:
    """All tests of the write side but this one."""
    texts = [
        path.read_text("utf-8") for path in sorted((TESTS / "lifecycle").rglob("test_*.py")) if path != HERE
    ]
    texts += [path.read_text("utf-8") for path in sorted((TESTS / "journal").glob("test_*.py"))]
    return re.sub(r"refused\(\s+", "refused(", "\n".join(texts))


@pytest.mark.parametrize("refusal", every_refusal(), ids=lambda refusal: refusal.__name__)
def test_every_refusal_is_given_in_a_test(refusal: type[Refusal], sources: str) -> None:
    name = refusal.__name__
    given = (f"refused({name}", f"return {name}", f'refusal == "{name}"', f"{name}.__name__", f'"{name}"')
    assert any(form in sources for form in given), f"no test shows {name}"


def test_every_refusal_says_what_it_is_and_cites_its_rule() -> None:
    for refusal in every_refusal():
        assert (refusal.__doc__ or "").strip()
        assert refusal.rule.startswith("domain §")
    assert len({refusal.__name__ for refusal in every_refusal()}) == len(every_refusal())


def strict_subclasses(kind: type[Event]) -> set[type[Event]]:
    direct = set(kind.__subclasses__())
    return direct.union(*(strict_subclasses(sub) for sub in direct)) if direct else direct


@pytest.mark.parametrize("about", EVENTS)
def test_every_event_is_listed_once(about: str) -> None:
    base, listed = BASES[about], EVENTS[about]
    commands = {*every_command(), OnGrant}
    facts = {kind for kind in strict_subclasses(base) - commands if not kind.__name__.startswith("_")}
    assert facts == set(listed)
    assert len(listed) == len(set(listed)) == len({kind.__name__ for kind in listed})


def test_every_event_evolves_the_state() -> None:
    """Corrections apart: they change what the others read."""
    assert set(grant.EVOLVE) == set(on_grant.EVENTS) - {EntryCorrected}
    assert set(EVOLVE) == set(on_fund.EVENTS) - {EntryCorrected}
    assert set(on_call.EVOLVE) == set(on_call.EVENTS) - {EntryCorrected}


def test_every_event_says_who_records_it_and_who_reads_it() -> None:
    for event in {*on_grant.EVENTS, *on_fund.EVENTS, *on_call.EVENTS}:
        text = event.__doc__ or ""
        assert (
            "ecorded by" in text
            or "pair on the fund" in text
            or "Written with" in text
            or "grant gave" in text.lower()
            or "grant's commitment" in text.lower()
        ), event.__name__


@pytest.mark.parametrize(("row", "about"), ALL_ROWS, ids=lambda value: getattr(value, "name", value))
def test_every_row_has_its_command_and_its_event(row: Spec, about: str) -> None:
    command = command_class(row.name, about)
    assert issubclass(command, GrantCommand) is (about == "grant")
    assert row.event in {event.__name__ for event in EVENTS[about]}
    assert set(row.arguments) <= {*command.model_fields, "file"}
    assert row.role in ("administrator", "approver", "finance", "reviewer", "secretariat", "ttl", "any")
    assert row.help.endswith(".")
    assert set(row.stages) <= {*map(str, Stage), ""}
    assert bool(row.stages) is (about == "grant")


def test_every_command_has_its_row() -> None:
    assert every_command() == [command_class(row.name, about) for row, about in ALL_ROWS]
    assert [command.NAME for command in every_command()] == [row.name for row, _ in ALL_ROWS]


def test_every_event_of_a_grant_has_its_row() -> None:
    assert set(BY_EVENT["grant"]) == {event.__name__ for event in on_grant.EVENTS}
    assert {about: len(rows) for about, rows in ROWS.items()} == {
        about: len(rows) for about, rows in TABLES.items()
    }
    assert set(ANY) == set(map(str, Stage))


def test_words_are_typed_for_one_command_only() -> None:
    words = [row.words for row, _ in ALL_ROWS]
    assert len(words) == len(set(words))


def test_an_entry_is_named_by_its_stream_and_version() -> None:
    assert {"originator_id", "originator_version"} <= set(Entry._fields)


@pytest.mark.parametrize(("row", "about"), ALL_ROWS, ids=lambda value: getattr(value, "name", value))
def test_the_dice_throw_every_command(row: Spec, about: str) -> None:
    thrown = row.name in THROWN[about] or row.name in THROWN_OTHERWISE
    assert thrown, f"tests/support/asking.py makes no {row.name}"


@pytest.mark.parametrize(("row", "about"), ALL_ROWS, ids=lambda value: getattr(value, "name", value))
def test_the_second_book_knows_every_command(row: Spec, about: str) -> None:
    if row.name == "SwitchSealing":
        return
    assert row.name in ROLE, f"the table of tests/second_book/words.py has no {row.name}"
    known = about != "grant" or row.name == "CorrectEntry" or row.name in " ".join(PARTS).split()
    assert known, f"PARTS of tests/second_book/grant.py has no {row.name}"
