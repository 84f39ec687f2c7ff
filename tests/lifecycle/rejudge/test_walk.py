"""Rows judged again: an honest book has no fault, and each row that the rules would refuse is named."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.decide import GrantHistory
from lifecycle.decide.quarantined_rows import QuarantineRow
from lifecycle.fund.commitments import CommitmentReleased, FundsCommitted
from lifecycle.fund.contributions import PartnerJoined
from lifecycle.grant.proposal.request import request_digest
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.journal.left_out.faults import LAWLESS, UNDECODABLE, Judged, together
from lifecycle.journal.mapper import event_json
from lifecycle.journal.stored_row import microseconds
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import FUND, Entry
from lifecycle.parse import command_from
from lifecycle.rejudge.entry import Lawless, founded_again
from lifecycle.rejudge.state_before import StateBefore
from lifecycle.rejudge.walk import judged
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from lifecycle.types.money import Money
from support import given as g
from support.books import make_book, record
from support.drawn_commands import FOUNDED as WITH_A_CALL
from support.forging import forge, forge_refusal
from support.given import given
from support.tampering import fit, without_triggers

FACILITY = Path(__file__).parents[3] / "src" / "cli" / "facility" / "facility.jsonl"
LIFE = [
    *g.CLOSED[:-1],
    g.attach("2018-05-02"),
    g.suspend("2018-05-03", scope="payments", note='a "note", with ,"on":" in it'),
    g.lift("2018-05-04"),
    g.close("2018-06-01"),
    g.reopen("2018-06-02"),
]


def judged_all(book: Book, after: tuple[int, int] = (0, 0)) -> Judged:
    with book.journal.recorder.reading():
        return judged(book.journal, after)


def faults(book: Book) -> list[str]:
    return [f"{fault.where}: {fault.kind}: {fault.what}" for fault in judged_all(book).faults]


@pytest.fixture
def lived(place: Path | str) -> Iterator[Book]:
    """A book with a closed and reopened grant, corrections, a late entry and refusals."""
    with make_book(place, [*g.FOUNDED, *LIFE]) as book:
        stream = book.entries(f"grant:{g.G}")
        approved = next(entry for entry in stream if isinstance(entry.event, GrantApproved))
        record(
            book,
            [
                g.correct("2018-06-03", entry=approved.originator_version, reads={"on": "2017-02-18"}),
                g.cost("2017-02-01"),
                g.correct("2018-06-04", entry=len(stream) + 2, struck=True),
                g.retire("2018-06-05", officer="c.hecker"),
            ],
        )
        for command in (g.cost("2017-01-01"), g.close("2018-06-03", actor="n.obody"), g.sign("2018-06-03")):
            assert book.record(command, command.actor).outcome == "refused"
        yield book


@pytest.mark.both_stores
def test_an_honest_life_has_no_fault(lived: Book) -> None:
    walk = judged_all(lived)
    assert walk.faults == []
    assert (walk.entries, walk.refusals) == lived.journal.counts()
    assert walk.sound == lived.journal.ends()


@pytest.mark.both_stores
def test_grants_dropped_from_memory_are_read_again(lived: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk asks the journal about every stream except one that it has not met: this one was empty."""
    record(lived, [g.propose("01-10", grant="SSF-2"), g.cost("01-11"), g.propose("01-12", grant="SSF-3")])
    monkeypatch.setattr("lifecycle.rejudge.row_walk._KEPT_ENTRIES", 1)
    streams = list[str]()
    entries_of = StateBefore.entries_of

    def note_stream(before: StateBefore, stream: str, version: int = 0) -> list[Entry]:
        entries = entries_of(before, stream, version)
        streams.extend([stream] * bool(entries))
        return entries

    monkeypatch.setattr(StateBefore, "entries_of", note_stream)
    assert judged_all(lived).faults == []
    assert f"grant:{g.G}" in streams


@pytest.mark.both_stores
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_end_of_an_honest_life_has_no_fault(lived: Book, share: float) -> None:
    """The walk may begin anywhere: earlier entries are folded, not judged."""
    last = lived.position()
    after = lived.journal.whole(int(last * share))
    refusals = [row for rows in lived.journal.refusal_rows(0, 100) for row in rows]
    walk = judged_all(lived, (after, sum(row.position < after for row in refusals)))
    assert walk.faults == []
    assert walk.entries == last - after
    assert walk.sound == lived.journal.ends()


def test_the_facilitys_book_has_no_fault(tmp_path: Path) -> None:
    on = date(2008, 10, 1)
    with Book.create(
        tmp_path / "book", name="F", currency="USD", fiscal_year_start=7, on=on, recorder="admin"
    ) as book:
        with book.batch():
            for line in FACILITY.read_text("utf-8").splitlines():
                book.record(command_from(json.loads(line)), "admin")
        assert judged_all(book).faults == []


@pytest.mark.both_stores
def test_the_splits_that_the_book_adds_to_refunds_have_no_fault(place: Path | str) -> None:
    """The book splits a refund; a correction splits it again, gives it a payment, or takes that away."""
    life = [
        *g.PAID,
        g.irregular("05-02", amount="90000.00 USD", of="P1", rule="PaymentAlreadyDisbursed"),
        g.refund("05-03", payment=None, amount="2500.00 USD"),
    ]
    parts = [{"payment": "P1", "amount": "100.00 USD"}, {"payment": "X1", "amount": "200.00 USD"}]
    with make_book(place, [*g.FOUNDED, *life]) as book:
        entry = len(book.entries(f"grant:{g.G}"))
        for reads in (
            {"amount": "2600.00 USD"},
            {"on": "2017-05-04"},
            {"payment": "P1", "amount": "50.00 USD"},
            {"payment": None},
            {"payment": "P1"},
            {"amount": "300.00 USD", "split": parts},
            {"payment": None, "split": parts, "reason": "half of both"},
            {"split": parts, "reason": "of both"},
        ):
            record(book, [g.correct("2018-06-03", entry=entry, reads=reads)])
        assert faults(book) == []
        receipt = book.record(g.close("2018-06-03"), "a.prover")
        assert receipt.outcome == "refused"
        for command in (
            g.irregular("05-02", payment="X2", rule="sleep"),
            g.cancel_balance("05-02", amount="1.00 USD"),
            g.refund("05-05", payment=None, amount="100000.00 USD"),
            g.waive("04-02", obligation="overpayment"),
        ):
            assert book.record(command, command.actor).outcome == "refused"
        assert faults(book) == []


def test_a_book_with_a_call_has_no_fault(tmp_path: Path) -> None:
    with make_book(tmp_path / "book", WITH_A_CALL) as book:
        assert judged_all(book).faults == []


# ── forged rows ──────────────────────────────────────────────────────────────────────────────

Way = Callable[[Book], object]
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


def stored_otherwise(book: Book, **columns: Any) -> None:
    """Put in a lawful payment whose row has other values in columns that no rule reads."""
    forge(book, g.disburse("05-01"), columns=columns)


FORGED: dict[str, tuple[Way, str]] = {
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
        lambda book: stored_otherwise(book, imported_from='{"source":"a","reference":"b","mode":"history"}'),
        "digest",
    ),
    "signed by nobody": (lambda book: stored_otherwise(book, signature=bytes(64)), "no command records"),
    "a command id of one byte": (lambda book: stored_otherwise(book, command_id=b"x"), "not stored as one"),
    "a command id of two lines": (
        lambda book: stored_otherwise(book, command_id=b"x\n" + 16 * b"y"),
        "not stored as one",
    ),
    "a field given twice": (
        lambda book: stored_otherwise(
            book, state=b'{"on":"2017-03-01",' + event_json(g.disburse("05-01").event)[1:]
        ),
        "that were not written",
    ),
    "a space after its event": (
        lambda book: stored_otherwise(book, state=event_json(g.disburse("05-01").event) + b" "),
        "that were not written",
    ),
    "an earlier rule set": (lambda book: forge(book, g.disburse("05-01"), rules=1), "rule set 1"),
    "a refusal of another command than it keeps": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "NotInStage", digest=bytes(32)),
        "its digest is not that of the command that it keeps",
    ),
    "a refusal to who is none": (
        lambda book: forge_refusal(book, g.disburse("05-01", actor="n.obody"), "ExceedsAuthorisedAmount"),
        "NotAnOfficer",
    ),
    "a refusal for a role that is held": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "RoleNotHeld"),
        "held the role",
    ),
    "a refusal that there is not": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "OutOfTune"),
        "no refusal that there is",
    ),
    "a refusal that this command cannot get": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "ReasonlessStrike"),
        "no refusal",
    ),
    "a refusal of another kind of act": (
        lambda book: forge_refusal(book, g.disburse("05-01"), "ConditionsUnmet"),
        "can get",
    ),
    "a refusal of a command that there is not": (
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
def test_a_row_that_is_imported_from_nowhere_is_named(tmp_path: Path, origin: str) -> None:
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.AUTHORISED]) as book:
        stored_otherwise(book, imported_from=origin)
        (fault,) = judged_all(book).faults
        assert fault.kind == UNDECODABLE
        assert "not as it was written" in fault.what


@pytest.mark.case("T2")
@pytest.mark.both_stores
@pytest.mark.parametrize("way", FORGED)
def test_a_row_that_the_rules_would_refuse_is_named(place: Path | str, way: str) -> None:
    change, words = FORGED[way]
    with make_book(place, [*g.FOUNDED, *g.AUTHORISED, *ANOTHER]) as book:
        sealed = book.journal.ends()
        change(book)
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


def test_a_row_that_does_not_decode_is_named_and_the_rest_is_judged(tmp_path: Path) -> None:
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
def test_a_row_that_is_left_out_is_passed_over(place: Path | str) -> None:
    """Rows recorded with it are left out too, and none of them counts in a state."""
    with make_book(place, [*g.FOUNDED, *g.AUTHORISED]) as book:
        position = forge(book, g.disburse("05-01", actor="t.leader"))
        forge(book, g.disburse("05-02"))
        with book.journal.recorder.reading():
            walk = judged(book.journal, left_out=frozenset({position}))
        assert [fault.where for fault in walk.faults] == []


def founding() -> list[Entry]:
    return given(founded=()).fund_entries


FOUNDINGS: dict[str, tuple[Callable[[list[Entry]], list[Entry]], str]] = {
    "no administrator": (lambda first: [first[0], *first[2:]], "begins with its fund"),
    "another's officer": (lambda first: changed(first, 1, officer="m.allory"), "does not make admin"),
    "an officer with more roles": (
        lambda first: changed(first, 1, roles=("administrator", "approver")),
        "does not make admin",
    ),
    "an edition twice": (lambda first: [*first, first[-1]], "EditionNameTaken"),
    "another day": (lambda first: changed(first, 2, on=date(2009, 1, 1)), "not of the day"),
    "another hand": (lambda first: changed(first, 0, actor="m.allory"), "by the hand"),
    "a day that had not come": (
        lambda first: [entry._replace(recorded_at=datetime(2000, 1, 1, tzinfo=UTC)) for entry in first],
        "after the day on which it was recorded",
    ),
    "a note": (
        lambda first: [first[0], first[1]._replace(note="x"), *first[2:]],
        "recorder, rule set or note",
    ),
}


def changed(first: list[Entry], index: int, **fields: object) -> list[Entry]:
    entry = first[index]
    changed_entry = entry._replace(event=entry.event.model_copy(update=fields))
    return [*first[:index], changed_entry, *first[index + 1 :]]


def test_a_founding_is_lawful() -> None:
    decision = founded_again(founding())
    assert decision.fund == given(founded=()).fund


@pytest.mark.parametrize("way", FOUNDINGS)
def test_another_founding_is_lawless(way: str) -> None:
    change, words = FOUNDINGS[way]
    with pytest.raises(Lawless, match=words):
        founded_again(change(founding()))


@pytest.mark.both_stores
@pytest.mark.parametrize("count", [2, 3])
def test_the_parts_of_a_book_give_the_same_result_as_the_whole(lived: Book, count: int) -> None:
    """Each part folds the fund's entries that the others judge; one part names the first lawless row."""
    record(lived, [g.propose("01-10", grant=f"SSF-{number}") for number in range(2, 9)])
    joined = next(e.originator_version for e in lived.entries(FUND) if isinstance(e.event, PartnerJoined))
    record(lived, [g.correct_fund("2018-06-04", entry=joined, reads={"name": "Danmark"})])
    forge(lived, g.cost("01-11", grant="SSF-5"), recorder="t.eacher")
    forge(lived, g.appoint("05-01", actor="t.leader"))
    forge_refusal(lived, g.cost("01-11", grant="SSF-7"), "RoleNotHeld")
    whole = judged_all(lived)
    with lived.journal.recorder.reading():
        parts = together([judged(lived.journal, part=(part, count)) for part in range(count)])
    assert len(whole.faults) == 3
    assert parts.faults[0] == whole.faults[0]
    assert parts[1:3] == whole[1:3]


@pytest.mark.both_stores
def test_a_large_book_is_judged_in_several_processes(lived: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lifecycle.seal.verify_processes._WORTH_JUDGING", 1)
    monkeypatch.setattr("lifecycle.seal.verify_processes.cpu_count", lambda: 2)
    Seal(lived).seal()
    verified = verify(lived, Seal(lived), rules=True)
    assert [problem for problem in verified.problems if not problem.where.startswith("document")] == []
    assert verified.judged == (verified.entries, verified.refusals)


def problems_of(book: Book, *, rules: bool = False) -> list[tuple[str, str]]:
    """Return the problems that `verify` names, without the moment of its run."""
    problems = verify(book, Seal(book), rules=rules).problems
    return [(where, what.partition(", and it is ")[0]) for where, what in problems]


@pytest.mark.both_stores
@pytest.mark.case("T2")
def test_many_processes_find_the_same_problems_as_one(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A book with rows and refusals of a future day, lawless and quarantined rows, sealed or never sealed."""
    names = [f"SSF-{number}" for number in range(1, 9)]
    with make_book(place, [*g.FOUNDED, *(g.propose("01-10", grant=name) for name in names)]) as book:
        Seal(book).seal()
        for name in names[:3]:
            forge(book, g.cost("01-12", grant=name), digest=bytes(32))
    with Book.open(place, clock=book._clock) as book:
        quarantined = [stop.position for stop in book.stops()][:2]
        for position in quarantined:
            words = {"on": "2026-01-31", "actor": "admin", "position": position, "reason": "by SQL"}
            assert book.record(QuarantineRow.read(words), "admin").outcome == "accepted"
        record(book, [g.cost("01-12", grant=name) for name in names[5:]])
        future = datetime(2199, 1, 1, tzinfo=UTC)
        for name in names[3:5]:
            command = g.cancel("01-12", grant=name, actor="t.leader")
            forge_refusal(book, command, "RoleNotHeld", recorded_at=microseconds(future))
            forge(book, g.cost("01-12", grant=name), recorded_at=future)
    with Book.open(place, clock=book._clock) as book:
        by_one_process = problems_of(book, rules=True)
        named = [name for name in names if any(f":{name}@" in where for where, _ in by_one_process)]
        assert named == names[2:5]
        assert sum("2199" in what for where, what in by_one_process if where.startswith("answer")) == 2
        assert problems_of(book) == by_one_process
        monkeypatch.setattr("lifecycle.seal.verify_processes._WORTH_JUDGING", 1)
        monkeypatch.setattr("lifecycle.seal.verify_processes.cpu_count", lambda: 3)
        assert problems_of(book, rules=True) == by_one_process
        for checkpoint in (book.path / "checkpoints").glob("*.note"):
            checkpoint.unlink()
        monkeypatch.undo()
        unsealed = problems_of(book, rules=True)
        monkeypatch.setattr("lifecycle.seal.verify_processes._WORTH_JUDGING", 1)
        monkeypatch.setattr("lifecycle.seal.verify_processes.cpu_count", lambda: 3)
        assert problems_of(book, rules=True) == unsealed
