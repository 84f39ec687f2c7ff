"""What an advance was spent on: it is documented, in part or whole, and what was not eligible is due back."""

from decimal import Decimal

from pydantic import Field

from lifecycle.fund.state import Fund
from lifecycle.grant.budget.line_amounts import LineAmount
from lifecycle.grant.budget.within_lines import lines_add_up
from lifecycle.grant.payment.request import payment_of
from lifecycle.grant.state import Evolves, Grant, MutableGrant, put_payment
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import PAYMENT, E, F
from lifecycle.types.money import Amount
from lifecycle.types.stage import ZERO
from lifecycle.types.text import ItemId, Line


class ExpenditureDocumented(GrantEvent):
    """It was documented what an advance was spent on. Recorded by finance."""

    payment: ItemId
    """The advance."""
    amount: Amount
    """What was spent as agreed; in the grant's currency."""
    lines: tuple[LineAmount, ...] = Field(default=(), max_length=200)
    """On which budget lines it was spent; they add up to the amount, and change nothing that a line holds."""
    ineligible: Amount | None = None
    """What was spent otherwise; in the grant's currency. It is due back, until it is refunded or other
    expenditure is documented instead."""
    period: Line
    """The time in which it was spent."""
    document: Line
    """The statement or report that shows it."""


def _expenditure_documented(grant: MutableGrant, event: ExpenditureDocumented) -> None:
    payment = grant.payments[event.payment]
    ineligible = ZERO if event.ineligible is None else event.ineligible.amount
    after = payment.replace(
        documented=payment.documented + event.amount.amount, ineligible=payment.ineligible + ineligible
    )
    put_payment(grant, after.with_due_back(payment.due_back + ineligible))


EVOLVE: Evolves = {ExpenditureDocumented: _expenditure_documented}
"""The function by which each event changes the grant."""


class NotAnAdvance(Refusal, order=STAGE, rule="domain §11: execution and advances"):
    """The payment is no advance, or was not paid."""


def _check_advance(grant: Grant, event: ExpenditureDocumented, fund: Fund) -> None:
    payment = payment_of(grant, event.payment)
    if payment.method != "advance" or payment.status != "disbursed":
        raise NotAnAdvance(
            f"payment {event.payment} is {payment.method} and {payment.status}: an advance is documented once"
            " it is paid"
        )
    for amount in (event.amount, event.ineligible):
        if amount is not None:
            in_holding_currency(amount, fund.currency)
    lines_add_up(grant, event.lines, event.amount.amount)


class ExceedsAdvance(Refusal, order=TERMS, rule="domain §11: execution and advances"):
    """More is documented, or stated as ineligible, than was advanced and did not come back."""


def _check_within_advance(grant: Grant, event: ExpenditureDocumented) -> None:
    payment = grant.payments.get(event.payment)
    if payment is None:
        return
    left = payment.net_disbursed - payment.documented
    amount: Decimal = event.amount.amount
    if amount > left:
        raise ExceedsAdvance(
            f"{money(*event.amount)} is documented of payment {event.payment}, of which"
            f" {money(left, grant.currency)} is neither documented nor refunded"
        )


def _check_ineligible(grant: Grant, event: ExpenditureDocumented) -> None:
    payment = grant.payments.get(event.payment)
    if payment is None or event.ineligible is None:
        return
    left = max(ZERO, payment.net_disbursed - payment.documented - payment.due_back - event.amount.amount)
    if event.ineligible.amount > left:
        raise ExceedsAdvance(
            f"{money(*event.ineligible)} of payment {event.payment} is stated as ineligible, of which"
            f" {money(left, grant.currency)} is neither documented, refunded nor due back already"
        )


RULES: Rules = {
    ExpenditureDocumented: Guards(
        invariants=(Rule(3, _check_advance),),
        balances=(Rule(3, _check_within_advance), Rule(3, _check_ineligible)),
        arithmetic=(
            Rule(3, _check_advance),
            Rule(3, _check_within_advance),
            Rule(3, _check_ineligible),
        ),
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class DocumentExpenditure(GrantCommand[ExpenditureDocumented]):
    """Document what an advance was spent on."""


COMMANDS = (DocumentExpenditure.spec("payment document-expenditure", "finance", (E, F), PAYMENT),)
"""The commands, as the catalogue lists them."""
