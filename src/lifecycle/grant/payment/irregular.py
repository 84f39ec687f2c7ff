"""Irregular payments: payments that the bank made in breach of a rule."""

from datetime import date
from typing import ClassVar

from pydantic import model_validator

from lifecycle.fund.closing import FundIsClosed
from lifecycle.fund.pools.ends import PoolEnded
from lifecycle.fund.state import Fund
from lifecycle.grant.budget.lines import key_of
from lifecycle.grant.budget.payment import Payment
from lifecycle.grant.budget.within_lines import ExceedsBudgetLine
from lifecycle.grant.payment.advances import AdvanceAboveCeiling, AdvanceUndocumented
from lifecycle.grant.payment.disbursement import (
    DisbursementDeadlinePassed,
    ExceedsAuthorisedAmount,
    PaymentNotAuthorised,
    PaymentsSuspended,
    RateDoesNotFit,
    SameCurrencyPaid,
    disburse,
)
from lifecycle.grant.payment.request import (
    PaymentAlreadyDisbursed,
    PaymentAlreadyFinished,
    PaymentIdTaken,
    UnknownPayment,
    WithOneLine,
    line_as_category,
    payee_named,
    payment_of,
)
from lifecycle.grant.state import Evolves, Grant, MutableGrant, requester_of, team_of, team_on, track_overpaid
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import CurrencyNotHolding, OfficerActs, by_another_officer, in_holding_currency
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import (
    STAGE,
    DatedInFuture,
    DecidesOwnRequest,
    ExceedsUndisbursedBalance,
    GrantHasEnded,
    GrantIsClosed,
    NotAnOfficer,
    NotInStage,
    NotYetEffective,
    RecorderNotAdministrator,
    Refusal,
    RoleNotHeld,
    UnknownGrant,
)
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import ANY, PAYMENT
from lifecycle.types.money import Amount
from lifecycle.types.stage import ZERO
from lifecycle.types.text import ItemId, Line, Reason
from lifecycle.types.vocabularies import Label, PaymentMethod


class IrregularPaymentRecorded(GrantEvent):
    """The bank paid in breach of a rule. The payment counts as disbursed and is shown as a breach.

    What exceeds the commitment is overpaid. Recorded by an approver, in any stage.
    """

    VERSION: ClassVar[int] = 4
    _line = model_validator(mode="before")(line_as_category)
    _payee = model_validator(mode="after")(payee_named)

    payment: ItemId
    """A new name within the grant."""
    of: ItemId | None = None
    """The payment that was paid a second time, if any."""
    payee: Line | None = None
    """Who is paid, in words: an organization or a role, never a person's name."""
    payee_institution: ItemId | None = None
    """The institution of the directory that is paid. The payee in words may then be left out."""
    category: Label | None = None
    """The budget line to which it belongs, if any; ``line`` is another name of this field."""
    amount: Amount
    """In the grant's currency."""
    method: PaymentMethod | None = None
    """How it was paid: to the payee, back to who paid already, or before it is spent. If it is not given, in
    the way of the payment that was paid a second time; else direct."""
    rule: Line
    """The name of the refusal by DisburseFunds whose rule was broken. Before version 2, any text."""
    reason: Reason
    """How the payment came about."""


def _irregular_payment_recorded(grant: MutableGrant, event: IrregularPaymentRecorded) -> None:
    doubled = None if event.of is None else grant.payments.get(event.of)
    payment = Payment(
        event.payment,
        requested=ZERO,
        payee=event.payee or "",
        payee_institution=event.payee_institution,
        category=key_of(event.category),
        irregular_rule=event.rule,
        duplicate_of=event.of,
        method=event.method or ("direct" if doubled is None else doubled.method),
    )
    disburse(grant, payment, event.amount.amount, event.on)


EVOLVE: Evolves = {
    IrregularPaymentRecorded: track_overpaid(_irregular_payment_recorded),
}
"""The function by which each event changes the grant."""


def _check_id_and_currency(grant: Grant, event: IrregularPaymentRecorded, fund: Fund) -> None:
    if event.payment in grant.payments:
        raise PaymentIdTaken(f"there is a payment {event.payment}: choose another name")
    in_holding_currency(event.amount, fund.currency)


DISBURSEMENT_REFUSALS: tuple[type[Refusal], ...] = (
    NotAnOfficer,
    RoleNotHeld,
    RecorderNotAdministrator,
    UnknownGrant,
    GrantHasEnded,
    GrantIsClosed,
    NotYetEffective,
    NotInStage,
    UnknownPayment,
    PaymentNotAuthorised,
    PaymentAlreadyDisbursed,
    PaymentAlreadyFinished,
    DecidesOwnRequest,
    DatedInFuture,
    PoolEnded,
    DisbursementDeadlinePassed,
    PaymentsSuspended,
    CurrencyNotHolding,
    ExceedsAuthorisedAmount,
    ExceedsUndisbursedBalance,
    ExceedsBudgetLine,
    AdvanceUndocumented,
    AdvanceAboveCeiling,
    SameCurrencyPaid,
    RateDoesNotFit,
    FundIsClosed,
)
"""The refusals that DisburseFunds can get: the rules that a payment can break. A test compares them."""


class UnknownRule(Refusal, order=STAGE, rule="domain §3: RecordIrregularPayment"):
    """The rule is not the name of a refusal by DisburseFunds."""


def _check_breach(grant: Grant, event: IrregularPaymentRecorded) -> None:
    if event.of is not None:
        payment_of(grant, event.of)
    names = [refusal.__name__ for refusal in DISBURSEMENT_REFUSALS]
    if event.rule not in names:
        raise UnknownRule(
            f"{event.rule} is no refusal of a payment; name the one that it broke: {', '.join(names)}"
        )


def _check_actor_is_not_of_team(grant: Grant, event: IrregularPaymentRecorded) -> None:
    by_another_officer(
        event.actor, "record what was paid in breach", *team_of(grant), *_first_requester(grant, event)
    )


def _team_and_first_requester(grant: Grant, event: IrregularPaymentRecorded, day: date) -> OfficerActs:
    return (*team_on(grant, event.on, day), *_first_requester(grant, event))


def _first_requester(grant: Grant, event: IrregularPaymentRecorded) -> OfficerActs:
    """Return the officer who requested the payment that was paid a second time."""
    return () if event.of is None else requester_of(grant, event.of)


def _check_likeness(grant: Grant, event: IrregularPaymentRecorded) -> None:
    not_too_like(event.payment, grant.payments, "payment")


RULES: Rules = {
    IrregularPaymentRecorded: Guards(
        invariants=(
            Rule(1, _check_id_and_currency),
            Rule(2, _check_breach),
            Rule(2, _check_actor_is_not_of_team),
            Rule(2, _check_likeness),
        ),
        requested_by=(Rule(2, _team_and_first_requester),),
        arithmetic=(Rule(2, _check_id_and_currency), Rule(2, _check_breach)),
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class RecordIrregularPayment(WithOneLine[IrregularPaymentRecorded]):
    """Record a payment that the bank made in breach."""


COMMANDS = (RecordIrregularPayment.spec("payment irregular", "approver", ANY, PAYMENT),)
"""The commands, as the catalogue lists them."""
