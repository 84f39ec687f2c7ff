"""History that is brought in is judged by arithmetic alone, and stays what it is (domain §14)."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import ImportedFrom
from lifecycle.parse import Malformed
from lifecycle.rejudge.walk import judged
from projections.query import REPORTS, run
from projections.reports import exceptions
from support import given as g
from support.books import make_book
from support.drawn_commands import ON_GRANT
from support.draws import POOL, Draw
from support.forging import forge, forge_refusal

EARLIER = "2001-03-05"
"""A day before the fund's first edition."""


def imported(command: Command, mode: str = "history", reference: str = "row 2") -> Command:
    """Return the command as it is imported from a register."""
    origin = ImportedFrom.model_validate({"source": "register", "reference": reference, "mode": mode})
    return replace(command, imported_from=origin)


def outcomes(book: Book, commands: Iterable[Command], recorder: str = "admin") -> list[str]:
    """Record the commands and return how each was answered: ``accepted``, or the refusal's name."""
    receipts = [book.record(command, recorder) for command in commands]
    return [receipt.refusal or receipt.outcome for receipt in receipts]


@pytest.fixture
def book(place: Path | str) -> Iterator[Book]:
    """A founded fund."""
    with make_book(place, g.FOUNDED) as book:
        yield book


def faults(book: Book) -> list[str]:
    """Return what judging every row again finds."""
    with book.journal.recorder.reading():
        return [fault.what for fault in judged(book.journal).faults]


@pytest.mark.both_stores
def test_a_life_that_breaks_every_rule_but_arithmetic_is_recorded(book: Book) -> None:
    """One officer asked, approved and paid, long before the fund's first edition and beyond its money."""
    life = [
        g.propose(EARLIER, actor="n.obody", amount="9000000.00 USD"),
        g.approve(EARLIER, actor="n.obody", amount="9000000.00 USD"),
        g.make_effective(EARLIER, actor="n.obody", closing_date="2001-03-06"),
        g.request_payment("2003-01-01", actor="n.obody"),
        g.disburse("2003-01-01", actor="n.obody"),
        g.close("2003-01-02", actor="n.obody"),
    ]
    assert outcomes(book, map(imported, life)) == ["accepted"] * len(life)
    assert {entry.imported_from for entry in book.entries(f"grant:{g.G}")} == {
        imported(life[0]).imported_from
    }
    assert faults(book) == []
    report = run(book, "fund", as_of=g.TODAY)
    assert report.rows[-1][report.columns.index("available")] == "-8500000.00"


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (g.propose("03-01"), "GrantIdTaken"),
        (g.approve("03-01", grant="SSF-9"), "UnknownGrant"),
        (g.disburse("03-01", payment="P9"), "UnknownPayment"),
        (g.disburse("03-01", amount="90000.01 USD"), "ExceedsUndisbursedBalance"),
        (g.disburse("03-01", amount="1.00 EUR"), "CurrencyNotHolding"),
        (g.refund("03-01"), "RefundExceedsDisbursed"),
        (g.cancel_balance("03-01", amount="90000.01 USD"), "ExceedsUndisbursedBalance"),
        (g.extend("03-01"), "NotInStage"),
        (g.irregular("03-01", payment="P1"), "PaymentIdTaken"),
        (g.authorise("03-01", payment="P9"), "UnknownPayment"),
        (g.complete_follow_up("03-01"), "FollowUpNotOpen"),
        (g.call_off("03-01"), "ActivityNotPlanned"),
        (g.restructure("03-01", window="no_such"), "WindowNotInEdition"),
        (g.waive("03-01", obligation="no_such"), "UnknownObligation"),
        (g.disburse("2031-01-01"), "DatedInFuture"),
    ],
)
def test_what_the_sums_do_not_allow_is_refused(book: Book, command: Command, refusal: str) -> None:
    past = [g.propose("01-10"), g.approve("02-10"), g.request_payment("02-11", amount="99000.00 USD")]
    assert outcomes(book, map(imported, past)) == ["accepted"] * 3
    assert outcomes(book, [imported(command)]) == [refusal]
    assert faults(book) == []


def test_what_was_not_approved_is_not_signed_closed_or_increased(book: Book) -> None:
    assert outcomes(book, [imported(g.propose("01-10"))]) == ["accepted"]
    later = [g.sign("02-01"), g.make_effective("02-01"), g.close("02-01"), g.reopen("02-01")]
    later += [g.complete("02-01"), g.increase("02-01")]
    assert outcomes(book, map(imported, later)) == ["NotInStage"] * len(later)


@pytest.mark.both_stores
def test_only_an_administrator_brings_history_in(book: Book) -> None:
    life = [imported(g.propose("01-10")), imported(g.join("2009-01-01", partner="NO"))]
    assert outcomes(book, life, recorder="t.leader") == ["RecorderNotAdministrator"] * 2
    assert faults(book) == []


def test_a_live_import_is_judged_by_all_rules_and_keeps_its_origin(book: Book) -> None:
    proposal = imported(g.propose("01-10"), mode="live")
    assert outcomes(book, [proposal, imported(g.approve("02-10"), mode="live")]) == ["accepted", "NotInStage"]
    (entry,) = book.entries(f"grant:{g.G}")
    assert entry.imported_from == proposal.imported_from
    assert faults(book) == []


def test_an_imported_id_may_look_like_another(book: Book) -> None:
    past = [g.propose("01-10"), g.approve("02-10"), g.request_payment("02-11")]
    outcomes(book, map(imported, past))
    assert outcomes(book, [imported(g.request_payment("02-12", payment="p-1"))]) == ["accepted"]
    assert outcomes(book, [imported(g.request_payment("02-10", payment="P.1"))]) == ["accepted"]


def test_an_id_of_a_live_import_may_look_like_another(tmp_path: Path) -> None:
    with make_book(tmp_path / "book", [*g.FOUNDED, *g.AUTHORISED]) as book:
        alike = g.request_payment("05-20", payment="p1", amount="1.00 USD")
        assert outcomes(book, [alike, imported(alike, mode="live")]) == ["TooLikeKnownId", "accepted"]
        assert faults(book) == []


def test_history_is_not_asked_again_for_the_role_of_its_officer(book: Book) -> None:
    """An officer who is retired had to hold a role for what was decided here, not for what was elsewhere."""
    assert outcomes(book, [imported(g.propose("03-01"))]) == ["accepted"]
    assert outcomes(book, [g.retire("02-01")]) == ["accepted"]


def test_a_late_payment_of_the_past_does_not_ask_the_history_for_more_than_arithmetic(book: Book) -> None:
    past = [g.propose("01-10"), g.approve("02-10"), g.request_payment("02-11"), g.disburse("02-20")]
    assert outcomes(book, map(imported, past)) == ["accepted"] * 4
    assert outcomes(book, [imported(g.cost("02-15"))]) == ["accepted"]
    too_much = imported(g.cancel_balance("02-15", amount="89000.00 USD"))
    assert outcomes(book, [too_much]) == ["ExceedsUndisbursedBalance"]
    assert faults(book) == []


def test_fees_and_returns_of_the_past_are_recorded_whatever_is_left(book: Book) -> None:
    fee = g.charge_fee("2010-01-01", amount="99000000.00 USD")
    assert outcomes(book, [fee, imported(fee)]) == ["ExceedsAvailableFunds", "accepted"]
    unknown = g.receive("2010-01-01", partner="XX")
    assert outcomes(book, [imported(unknown)]) == ["UnknownPartner"]
    assert faults(book) == []


def test_the_same_import_twice_is_one_act(book: Book) -> None:
    proposal = replace(imported(g.propose("01-10")), command_id="register-2")
    assert outcomes(book, [proposal, proposal]) == ["accepted", "repeat"]
    assert outcomes(book, [replace(proposal, imported_from=None)], "t.leader") == ["CommandIdReused"]


@pytest.mark.parametrize("seed", range(2))
def test_lives_in_any_order_are_folded_reported_and_judged_again(tmp_path: Path, seed: int) -> None:
    """History may come in any order of stages: no fold, report or second judgement stumbles over it."""
    dice = Random(seed)
    names = sorted(ON_GRANT)
    with make_book(tmp_path / "book", g.FOUNDED) as book, book.batch():
        answers = set()
        for number in range(600):
            name = "ProposeGrant" if number < 6 else dice.choice(names)
            draw = Draw(
                f"G{number % 6}",
                dice.choice(POOL[:-1]),
                dice.randrange(2),
                dice.choice(["1000.00 USD", "30000.00 USD"]),
                dice.choice(POOL),
                dice.randrange(10_000),
            )
            if name == "CorrectEntry":
                continue
            mode = "live" if dice.randrange(6) == 0 else "history"
            with suppress(Malformed):  # the dice gave it days in the wrong order
                answers.update(outcomes(book, [imported(ON_GRANT[name](draw), mode, str(number))]))
    with Book.open(tmp_path / "book") as book:
        assert "accepted" in answers
        assert faults(book) == []
        for report in REPORTS:
            run(book, report, as_of=g.TODAY)
        broken = list(exceptions.rows_of(book, g.TODAY, book.position(), rule="history_breaks_rule"))
        assert len(broken) > 20, "the dice follow few rules"


def test_a_forged_refusal_of_history_is_named(book: Book) -> None:
    """Only who is no administrator may be refused it for that."""
    forge_refusal(book, imported(g.propose("01-10")), "RecorderNotAdministrator", "admin")
    forge_refusal(book, imported(g.propose("01-11")), "GrantIdTaken", "t.leader")
    assert len(faults(book)) == 2


def test_a_forged_payment_of_history_is_named(book: Book) -> None:
    """An entry that says it is history is judged by arithmetic, and its digest covers where it comes from."""
    outcomes(book, map(imported, [g.propose("01-10"), g.approve("02-10"), g.request_payment("02-11")]))
    payment = imported(g.disburse("02-12", amount="90000.01 USD"))
    forge(book, payment, "admin", imported_from=payment.imported_from)
    (fault,) = faults(book)
    assert "ExceedsUndisbursedBalance" in fault


def test_a_payment_that_was_made_here_is_not_turned_into_history(book: Book) -> None:
    outcomes(book, map(imported, [g.propose("01-10"), g.approve("02-10"), g.request_payment("02-11")]))
    payment = g.disburse("02-12")
    forge(book, payment, "admin", imported_from=imported(payment).imported_from)
    (fault,) = faults(book)
    assert "digest" in fault
