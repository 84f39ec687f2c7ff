"""What an edition asks of advances: by when they are documented, and how much is advanced at a time."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import edition_of
from lifecycle.grant.budget.payment import Payment
from lifecycle.grant.state import Grant
from lifecycle.kernel.guards import money
from lifecycle.kernel.refusals import TERMS, Refusal
from lifecycle.policy.edition import Edition
from lifecycle.types.stage import ZERO

ADVANCE = "advance"
"""The obligation to document an advance; its items are the payments."""


def overdue_advances(grant: Grant, edition: Edition, on: date) -> Iterator[tuple[Payment, date]]:
    """Yield each advance that is past its last day on the day, with that day. Waived ones are left out."""
    for payment in grant.open_advances:
        due = None if payment.paid_on is None else edition.advance_due(payment.paid_on)
        if due is not None and on > due and not grant.is_waived(ADVANCE, payment.id):
            yield payment, due


def advanced(grant: Grant) -> Decimal:
    """Return what is advanced and neither documented nor refunded."""
    return sum((payment.outstanding for payment in grant.open_advances), ZERO)


class AdvanceUndocumented(Refusal, order=TERMS, rule="domain §11: execution and advances"):
    """An advance was not documented in time: it blocks the next one, and closure."""


def earlier_advances_documented(grant: Grant, fund: Fund, on: date) -> None:
    """Refuse what an advance blocks that is past its last day. Raises `AdvanceUndocumented`."""
    edition = edition_of(grant, fund)
    if overdue := [*overdue_advances(grant, edition, on)]:
        payment, due = overdue[0]
        assert edition.advance_days is not None
        raise AdvanceUndocumented(
            f"of advance {payment.id} {money(payment.outstanding, grant.currency)} is neither documented nor"
            f" refunded, and was due on {due}, {edition.advance_days.value} days after its payment"
            f" ({edition.advance_days.source}): record it with payment document-expenditure or payment"
            f" refund, or waive it with grant waive {grant.id} {ADVANCE} --item {payment.id}",
            excess=sum((late.outstanding for late, _ in overdue), ZERO),
        )


class AdvanceAboveCeiling(Refusal, order=TERMS, rule="domain §11: execution and advances"):
    """More would be advanced at a time than the edition allows."""


def within_advance_ceiling(grant: Grant, fund: Fund, amount: Decimal) -> None:
    """Refuse an advance above what the edition allows at a time. Raises `AdvanceAboveCeiling`."""
    ceiling = edition_of(grant, fund).advance_ceiling
    if ceiling is None:
        return
    most, already = ceiling.of(grant.committed), advanced(grant)
    if already + amount > most:
        beside = (
            f" beside {money(already, grant.currency)} that is neither documented nor refunded"
            if already
            else ""
        )
        share = "" if ceiling.share is None else f", {ceiling.share} of the commitment,"
        share = share if ceiling.amount is None or most < ceiling.amount.amount else ""
        raise AdvanceAboveCeiling(
            f"{money(amount, grant.currency)} would be advanced{beside}; at most"
            f" {money(most, grant.currency)}{share} is advanced at a time ({ceiling.source})",
            excess=already + amount - most,
        )


class AdvanceDueBack(Refusal, order=TERMS, rule="domain §11: execution and advances"):
    """A part of an advance was ineligible, and neither came back nor was replaced."""


def nothing_due_back(grant: Grant) -> None:
    """Refuse what is blocked by an amount that is due back. Raises `AdvanceDueBack`."""
    if due_back := grant.advances_due_back:
        payment = due_back[0]
        raise AdvanceDueBack(
            f"{money(payment.due_back, grant.currency)} of advance {payment.id} was ineligible and is due"
            " back: record it with payment refund, document other expenditure instead, or waive it with"
            f" grant waive {grant.id} {ADVANCE} --item {payment.id}"
        )
