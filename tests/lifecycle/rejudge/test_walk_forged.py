"""Rows that were inserted by SQL and that the rules would refuse: each is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.decide import GrantHistory
from lifecycle.fund.pools.commitments import CommitmentReleased, FundsCommitted
from lifecycle.grant.proposal.request import request_digest
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.journal.left_out.faults import LAWLESS, UNDECODABLE
from lifecycle.journal.mapper import event_json
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import FUND
from lifecycle.parse import command_from
from lifecycle.rejudge.walk import judged
from lifecycle.types.money import Money
from support import given as g
from support.books import make_book
from support.forging import forge, forge_refusal
from support.given import given
from support.rejudging import faults, judged_all
from support.tampering import fit, without_triggers

Forge = Callable[[Book], object]
ANOTHER = [
    g.propose("01-10", grant="SSF-2"),
    g.request("01-20", grant="SSF-2"),
    g.review("02-01", grant="SSF-2"),
]
REQUESTED = request_digest(GrantHistory.of(given(ANOTHER).grants["SSF-2"].entries).grant)  # type: ignore[arg-type]


def approved(command: Command) -> GrantApproved:
    """Return an approval under the edition before the one in force."""
    fields = {name: value for name, value in command.event if name in GrantApproved.model_fields}
    return GrantApproved(**{**fields, "request_digest": REQUESTED, "edition": "2008-10"})


def of_the_fund(kind: type[FundsCommitted | CommitmentReleased], on: str, amount: str) -> tuple[str, Event]:
    return FUND, kind(on=g.day(on), actor="a.prover", grant=g.G, amount=Money.parse(amount))


def forge_columns(book: Book, **columns: Any) -> None:
    """Insert a lawful payment whose row has other values in columns that no rule reads."""
    forge(book, g.disburse("05-01"), columns=columns)


FORGED: dict[str, tuple[Forge, str]] = {
    "paid by who asked": (lambda book: forge(book, g.disburse("05-01", actor="t.leader")), "RoleNotHeld"),
    "paid by nobody": (lambda book: forge(book, g.disburse("05-01", actor="n.obody")), "NotAnOfficer"),
    "entered by somebody else": (
        lambda book: forge(book, g.disburse("05-01"), "t.leader"),
        "RecorderNotAdministrator",
    ),
    "paid by who allowed it": (
        lambda book: forge(book, g.disburse("05-01", actor="f.nance")),
        "DecidesOwnRequest",
    ),
    "paid after the deadline": (
        lambda book: forge(book, g.disburse("2018-08-01")),
        "DisbursementDeadlinePassed",
    ),
    "paid more than was allowed": (
        lambda book: forge(book, g.disburse("05-01", amount="2000.01 USD")),
        "ExceedsAuthorisedAmount",
    ),
    "paid in the future": (lambda book: forge(book, g.disburse("2026-03-01")), "after"),
    "an activity in the future": (lambda book: forge(book, g.cost("2026-03-01")), "DatedInFuture"),
    "signed twice": (lambda book: forge(book, g.sign("05-01")), "NotInStage"),
    "an entry late, of a day before the grant": (lambda book: forge(book, g.cost("2016-01-01")), "Unknown"),
    "a correction by who did it": (
        lambda book: forge(book, g.correct("05-01", actor="t.leader", entry=1, reads={"title": "X"})),
        "RoleNotHeld",
    ),
    "a correction of what is not there": (
        lambda book: forge(book, g.correct("05-01", entry=99, struck=True)),
        "UnknownEntry",
    ),
    "a document by nobody": (
        lambda book: forge(book, g.attach("05-01", actor="n.obody")),
        "NotAnOfficer",
    ),
    "an officer made by no administrator": (
        lambda book: forge(book, g.appoint("05-01", actor="t.leader")),
        "RoleNotHeld",
    ),
    "money given back and not to the fund": (
        lambda book: forge(book, g.cancel_balance("05-01", amount="100.00 USD")),
        "CommitmentReleased",
    ),
    "money given back to the fund, but less": (
        lambda book: forge(
            book,
            g.cancel_balance("05-01", amount="100.00 USD"),
            pair=[of_the_fund(CommitmentReleased, "2017-05-01", "1.00 USD")],
        ),
        "has to follow from it",
    ),
    "a promise that no grant asked for": (
        lambda book: forge(
            book,
            g.appoint("02-20", actor="a.prover"),
            event=of_the_fund(FundsCommitted, "2017-02-20", "1.00 USD")[1],
        ),
        "it follows from the entry of a grant",
    ),
    "approved under another edition": (
        lambda book: forge(book, (command := g.approve("02-20", grant="SSF-2")), event=approved(command)),
        "by the rules it would say GrantApproved",
    ),
    "what follows entered by somebody else": (
        lambda book: forge(
            book,
            g.cancel_balance("05-01", amount="100.00 USD"),
            pair=[of_the_fund(CommitmentReleased, "2017-05-01", "100.00 USD")],
            pair_by="admin",
        ),
        "has another recorder",
    ),
    "a second founding": (
        lambda book: forge(
            book,
            command_from(
                {
                    "command": "EstablishFund",
                    "on": "2017-01-01",
                    "actor": "admin",
                    "name": "Mine",
                    "currency": "USD",
                    "fiscal_year_start": 1,
                }
            ),
        ),
        "FundAlreadyEstablished",
    ),
    "an entry without a digest": (
        lambda book: forge(book, g.disburse("05-01"), digest=None),
        "it begins a command and has no digest",
    ),
    "another command than its digest": (
        lambda book: forge(book, g.disburse("05-01"), digest=bytes(32)),
        "digest",
    ),
    "another note than was given": (
        lambda book: forge(book, g.disburse("05-01", note="paid"), note="unpaid"),
        "digest",
    ),
    "imported from where it does not come from": (
        lambda book: forge_columns(book, imported_from='{"source":"a","reference":"b","mode":"history"}'),
        "digest",
    ),
    "signed by nobody": (lambda book: forge_columns(book, signature=bytes(64)), "no command records"),
    "a command id of one byte": (lambda book: forge_columns(book, command_id=b"x"), "not stored as one"),
    "a command id of two lines": (
        lambda book: forge_columns(book, command_id=b"x\n" + 16 * b"y"),
        "not stored as one",
    ),
    "a field given twice": (
        lambda book: forge_columns(
            book, state=b'{"on":"2017-03-01",' + event_json(g.disburse("05-01").event)[1:]
        ),
        "that were not written",
    ),
    "a space after its event": (
        lambda book: forge_columns(book, state=event_json(g.disburse("05-01").event) + b" "),
        "that were not written",
    ),
    "an earlier rule set": (lambda book: forge(book, g.disburse("05-01"), rules=1), "rule set 1"),
    "a refusal of another command than it keeps": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "NotInStage", digest=bytes(32)),
        "its digest is not that of the command that it keeps",
    ),
    "a refusal to somebody who is no officer": (
        lambda book: forge_refusal(book, g.disburse("05-01", actor="n.obody"), "ExceedsAuthorisedAmount"),
        "NotAnOfficer",
    ),
    "a refusal for a role that is held": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "RoleNotHeld"),
        "held the role",
    ),
    "a refusal of an unknown name": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "OutOfTune"),
        "the name of no refusal",
    ),
    "a refusal that this command cannot get": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "ReasonlessStrike"),
        "no refusal",
    ),
    "a refusal of another kind of act": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "ConditionsUnmet"),
        "can get",
    ),
    "a refusal of an unknown command": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "NotInStage", command="PayMe"),
        "no command",
    ),
    "a refusal of a future day": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "DatedInFuture"),
        "not in the future",
    ),
    "a refusal for an id that was not used": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "CommandIdReused"),
        "had not been given",
    ),
    "a refusal in another stage": (
        lambda book: forge_refusal(book, g.sign("05-01"), "ConditionsUnmet"),
        "NotInStage",
    ),
    "a refusal of long ago": (
        lambda book: forge_refusal(book, g.sign("05-01"), "NotInStage", recorded_at=1_735_689_600_000_000),
        "later than",
    ),
}


@pytest.mark.parametrize("origin", ["x", "", '{"source":"a", "reference":"b","mode":"history"}'])
def test_a_row_with_a_malformed_import_is_named(tmp_path: Path, origin: str) -> None:
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.AUTHORISED]) as book:
        forge_columns(book, imported_from=origin)
        (fault,) = judged_all(book).faults
        assert fault.kind == UNDECODABLE
        assert "not as it was written" in fault.what


@pytest.mark.case("T2")
@pytest.mark.both_stores
@pytest.mark.parametrize("name", FORGED)
def test_a_row_that_the_rules_would_refuse_is_named(place: Path | str, name: str) -> None:
    forge_row, words = FORGED[name]
    with make_book(place, [*g.FOUNDED, *g.AUTHORISED, *ANOTHER]) as book:
        sealed = book.journal.ends()
        forge_row(book)
        for after in ((0, 0), sealed):
            walk = judged_all(book, after)
            assert [fault.kind for fault in walk.faults] == [LAWLESS]
            assert words in walk.faults[0].what
            assert walk.sound == sealed


@pytest.mark.case("T2")
def test_a_book_founded_by_a_forger_is_named(tmp_path: Path) -> None:
    """The receipt of the founding keeps a digest of the first entries."""
    with make_book(tmp_path / "book") as book:
        rows = next(book.journal.entry_rows(0, 10))[:1]
        with without_triggers(book.path) as raw:
            state = rows[0].state.replace(b'"The Facility"', b'"Mine"')
            raw.execute("UPDATE stored_events SET state = ? WHERE position = 1", (state,))
            fit(raw)
        assert faults(book)[0].startswith("fund@1 (position 1): lawless: its digest is not that")


def test_a_row_that_does_not_decode_is_named_and_the_others_are_judged(tmp_path: Path) -> None:
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.AUTHORISED]) as book:
        sealed = book.journal.ends()
        forge(book, g.disburse("05-01"))
        forge(book, g.propose("01-10", grant="SSF-2"))
        forge(book, g.cost("01-11", grant="SSF-2"), recorder="t.eacher")
        with without_triggers(book.path) as raw:
            raw.execute("UPDATE stored_events SET state = x'7b7d' WHERE position = ?", (sealed[0] + 1,))
        walk = judged_all(book)
        assert [(fault.kind, fault.stream, fault.position) for fault in walk.faults] == [
            (UNDECODABLE, f"grant:{g.G}", sealed[0] + 1),
            (LAWLESS, "grant:SSF-2", sealed[0] + 3),
        ]
        assert walk.sound == sealed


@pytest.mark.both_stores
def test_a_row_that_is_left_out_is_not_judged(place: Path | str) -> None:
    """Rows recorded with it are left out too, and none of them counts in a state."""
    with make_book(place, [*g.FOUNDED, *g.AUTHORISED]) as book:
        position = forge(book, g.disburse("05-01", actor="t.leader"))
        forge(book, g.disburse("05-02"))
        with book.journal.recorder.reading():
            walk = judged(book.journal, left_out=frozenset({position}))
        assert [fault.where for fault in walk.faults] == []
