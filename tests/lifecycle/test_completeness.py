"""Nothing is forgotten: every refusal has a test, every event its place, every command its row."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lifecycle.call import call as on_call
from lifecycle.catalogue import (
    BY_EVENT,
    CALL_COMMANDS,
    DIRECTORY_COMMANDS,
    FUND_COMMANDS,
    GRANT_COMMANDS,
    SPECS,
)
from lifecycle.decide.commands import CloseGrant, InvolveParty, RequestPayment
from lifecycle.directory import events as on_directory
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as on_grant
from lifecycle.journal.command_digest import digest_of
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import (
    CallEvent,
    DirectoryEvent,
    Draft,
    Event,
    FundEvent,
    GrantEvent,
)
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import Refusal, every_refusal
from lifecycle.kernel.spec import ANY, Spec
from lifecycle.parse import command_class, command_from, every_command
from lifecycle.types.money import Money
from lifecycle.types.stage import Stage
from second_book.basics import ROLE
from second_book.grant import PARTS
from support.drawn_commands import ON_CALL, ON_DIRECTORY, ON_FUND, ON_GRANT

TESTS = Path(__file__).parents[1]
TABLES = {"grant": GRANT_COMMANDS, "fund": FUND_COMMANDS, "call": CALL_COMMANDS}
TABLES["directory"] = DIRECTORY_COMMANDS
ALL_SPECS = [(row, about) for about, rows in TABLES.items() for row in rows]
EVENTS = {"grant": on_grant.EVENTS, "fund": on_fund.EVENTS, "call": on_call.EVENTS}
EVENTS["directory"] = on_directory.EVENTS
BASES: dict[str, type[Event]] = {"grant": GrantEvent, "fund": FundEvent, "call": CallEvent}
BASES["directory"] = DirectoryEvent
HERE = Path(__file__)
THROWN = {"grant": ON_GRANT, "fund": ON_FUND, "call": ON_CALL, "directory": ON_DIRECTORY}
THROWN_OTHERWISE = {
    "EstablishFund": "a book begins with it",
    "CorrectEntry": "made from an entry that is there",
    "CorrectDirectoryEntry": "made from an entry that is there",
    "SwitchSealing": "no other command is judged by who seals",
}


@pytest.fixture(scope="module")
def sources() -> str:
    """All tests of the write side but this one."""
    paths = sorted((TESTS / "lifecycle").rglob("test_*.py"))
    text = "\n".join(path.read_text("utf-8") for path in paths if path != HERE)
    return re.sub(r"refused\(\s+", "refused(", text)


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
def test_every_event_evolves_a_state_and_is_listed_once(about: str) -> None:
    """The lists are made from the tables `EVOLVE`, to which a correction is added."""
    base, listed = BASES[about], EVENTS[about]
    kinds = {kind for kind in strict_subclasses(base) if not kind.__name__.startswith("_")}
    assert {kind for kind in kinds if not issubclass(kind, Draft)} == set(listed)
    assert len(listed) == len(set(listed)) == len({kind.__name__ for kind in listed})


def test_every_event_says_who_records_it_and_who_reads_it() -> None:
    for event in {*on_grant.EVENTS, *on_fund.EVENTS, *on_call.EVENTS, *on_directory.EVENTS}:
        text = event.__doc__ or ""
        assert (
            "ecorded by" in text
            or "pair on the fund" in text
            or "Written with" in text
            or "grant gave" in text.lower()
            or "grant's commitment" in text.lower()
        ), event.__name__


@pytest.mark.parametrize(("row", "about"), ALL_SPECS, ids=lambda value: getattr(value, "name", value))
def test_every_row_has_its_command_and_its_event(row: Spec, about: str) -> None:
    command = command_class(row.name, about)
    assert issubclass(command, GrantCommand) is (about == "grant")
    assert row.event in {event.__name__ for event in EVENTS[about]}
    assert set(row.arguments) <= {*command.fields(), "file"}
    roles = {"administrator", "approver", "finance", "reviewer", "secretariat", "ttl", "any"}
    assert set(row.roles) <= roles
    assert row.help.endswith(".")
    assert set(row.stages) <= {*map(str, Stage), ""}
    assert bool(row.stages) is (about == "grant")


def test_every_command_holds_the_event_that_it_becomes_or_a_draft_of_it() -> None:
    for row, about in ALL_SPECS:
        held = command_class(row.name, about).EVENT
        assert held.__name__ == row.event or issubclass(held, Draft), row.name


def test_a_command_put_together_in_python_is_the_one_that_is_read() -> None:
    event = on_grant.PaymentRequested(
        on=date(2017, 4, 1),
        actor="t.leader",
        payment="P1",
        payee="Board",
        category="travel",
        amount=Money.parse("2.00 USD"),
    )
    made = RequestPayment(grant="SSF-1", event=event, note="by phone")
    read = command_from(made.words())
    assert made == read
    assert digest_of(made) == digest_of(read)


@pytest.mark.parametrize(
    "wrong", [{"grant": "a grant"}, {"command_id": "x" * 300}, {"expect_version": -1}, {"note": ""}], ids=str
)
def test_a_command_put_together_in_python_is_validated(wrong: dict[str, Any]) -> None:
    event = on_grant.GrantClosed(on=date(2017, 4, 1), actor="a.prover")
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        CloseGrant(**{"grant": "SSF-1", "event": event, **wrong})
    with pytest.raises(TypeError, match="holds a GrantClosed, not a Event"):
        CloseGrant(grant="SSF-1", event=Event(on=event.on, actor=event.actor))  # type: ignore[arg-type]


def test_a_command_put_together_in_python_says_what_the_lists_have() -> None:
    event = on_grant.PartyInvolved(on=date(2017, 4, 1), actor="t.leader", role="facilitating", country="XX")
    with pytest.raises(ValidationError, match="XX"):
        InvolveParty(grant="SSF-1", event=event)


def test_every_command_says_in_its_docstring_what_the_catalogue_says() -> None:
    for row, about in ALL_SPECS:
        command = command_class(row.name, about)
        if not issubclass(command.EVENT, Draft):
            assert command.__doc__ == row.help


def test_every_command_has_its_row() -> None:
    assert every_command() == [command_class(row.name, about) for row, about in ALL_SPECS]
    assert [command.NAME for command in every_command()] == [row.name for row, _ in ALL_SPECS]


def test_every_event_of_a_grant_has_its_row() -> None:
    assert set(BY_EVENT["grant"]) == {event.__name__ for event in on_grant.EVENTS}
    assert {about: len(rows) for about, rows in SPECS.items()} == {
        about: len(rows) for about, rows in TABLES.items()
    }
    assert set(ANY) == set(map(str, Stage))


def test_words_are_typed_for_one_command_only() -> None:
    words = [row.words for row, _ in ALL_SPECS]
    assert len(words) == len(set(words))


def test_an_entry_is_named_by_its_stream_and_version() -> None:
    assert {"originator_id", "originator_version"} <= set(Entry._fields)


@pytest.mark.parametrize(("row", "about"), ALL_SPECS, ids=lambda value: getattr(value, "name", value))
def test_the_dice_throw_every_command(row: Spec, about: str) -> None:
    thrown = row.name in THROWN[about] or row.name in THROWN_OTHERWISE
    assert thrown, f"tests/support/drawn_commands.py makes no {row.name}"


@pytest.mark.parametrize(("row", "about"), ALL_SPECS, ids=lambda value: getattr(value, "name", value))
def test_the_second_book_knows_every_command(row: Spec, about: str) -> None:
    if row.name == "SwitchSealing":
        return
    assert row.name in ROLE, f"the table of tests/second_book/basics.py has no {row.name}"
    known = about != "grant" or row.name == "CorrectEntry" or row.name in " ".join(PARTS).split()
    assert known, f"PARTS of tests/second_book/grant.py has no {row.name}"
