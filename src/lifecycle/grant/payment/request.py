"""A payment asked for, and allowed or refused by finance."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import model_validator

from lifecycle.fund.state import Fund
from lifecycle.grant.state import Evolves, Grant, Payment
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import Others, in_holding_currency, money, third
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, ExceedsUndisbursedBalance, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import ENDS, PAYMENT, E, F
from lifecycle.types.money import Amount
from lifecycle.types.text import ItemId, Line, Reason
from lifecycle.types.vocabularies import Label


def line_is_category(said: Any) -> Any:
    """``line`` is another name of ``category``: in a correction it replaces what stood there."""
    if type(said) is dict and "line" in said:
        return {name: value for name, value in said.items() if name != "line"} | {"category": said["line"]}
    return said


class PaymentRequested(GrantEvent):
    """A payment was asked for. Recorded by the task team leader."""

    _line = model_validator(mode="before")(line_is_category)

    payment: ItemId
    """Its name within the grant."""
    payee: Line
    """Who is paid: an organization or a role, never a person's name."""
    category: Label
    """The budget line that it belongs to; ``line`` is another name of this field."""
    amount: Amount
    """In the grant's currency; within the undisbursed balance."""


class PaymentAuthorised(GrantEvent):
    """Finance allowed it. Recorded by an officer who did not ask for it."""

    payment: ItemId
    """Its name within the grant."""
    amount: Amount | None = None
    """At most what was asked; all of it where not said."""


class PaymentRejected(GrantEvent):
    """Finance said no. Recorded by an officer who did not ask for it."""

    payment: ItemId
    """Its name within the grant."""
    reason: Reason
    """Why it is not paid."""


def with_payment(grant: Grant, payment: Payment, **changes: Any) -> Grant:
    """The grant with the payment as it is now, and with other changes."""
    return grant.replace(payments={**grant.payments, payment.id: payment}, **changes)


def _payment_requested(grant: Grant, event: PaymentRequested) -> Grant:
    return with_payment(
        grant, Payment(event.payment, event.amount.amount, requested_by=event.actor, payee=event.payee)
    )


def _payment_authorised(grant: Grant, event: PaymentAuthorised) -> Grant:
    payment = grant.payments[event.payment]
    amount = payment.requested if event.amount is None else event.amount.amount
    authorised = payment.replace(status="authorised", authorised=amount, authorised_by=event.actor)
    return with_payment(grant, authorised)


def _payment_rejected(grant: Grant, event: PaymentRejected) -> Grant:
    return with_payment(grant, grant.payments[event.payment].replace(status="rejected"))


EVOLVE: Evolves = {
    PaymentRequested: _payment_requested,
    PaymentAuthorised: _payment_authorised,
    PaymentRejected: _payment_rejected,
}
"""How each event changes the grant."""


class UnknownPayment(Refusal, order=STAGE, rule="domain §3: payments"):
    """No such payment was asked for by that day."""


def payment_of(grant: Grant, payment: str) -> Payment:
    """The grant's payment of this name. Raises `UnknownPayment`."""
    known = grant.payments.get(payment)
    if known is None:
        names = ", ".join(grant.payments) or "none"
        raise UnknownPayment(f"{grant.id} has no payment {payment} on that day; it has: {names}")
    return known


class PaymentAlreadyDisbursed(Refusal, order=STAGE, rule="domain §3: one disbursement finishes a payment"):
    """The payment was paid before."""


class PaymentAlreadyFinished(Refusal, order=STAGE, rule="domain §3: payments"):
    """The payment was rejected or failed before."""


def not_finished(payment: Payment) -> None:
    """Refuse a payment that was paid, rejected or failed. Raises a refusal."""
    if payment.status == "disbursed":
        raise PaymentAlreadyDisbursed(
            f"payment {payment.id} was paid before: one disbursement finishes a payment;"
            " a further one is asked for under another name"
        )
    if payment.status in ("rejected", "failed"):
        raise PaymentAlreadyFinished(f"payment {payment.id} was {payment.status}: ask for a new one")


class PaymentIdTaken(Refusal, order=STAGE, rule="domain §3: RequestPayment"):
    """Another payment of the grant has this name."""


def _check_request(grant: Grant, event: PaymentRequested, fund: Fund) -> None:
    if event.payment in grant.payments:
        raise PaymentIdTaken(f"there is a payment {event.payment}: choose another name")
    in_holding_currency(event.amount, fund.currency)


def _check_request_within_balance(grant: Grant, event: PaymentRequested) -> None:
    left = grant.undisbursed - grant.pending
    if event.amount.amount > left:
        pending = (
            f", and {money(grant.pending, grant.currency)} is asked for already" if grant.pending else ""
        )
        most = f"at most {money(left, grant.currency)}" if left > 0 else "nothing is left to ask for"
        raise ExceedsUndisbursedBalance(
            f"{money(*event.amount)} is asked for; the undisbursed balance on {event.on} is"
            f" {money(grant.undisbursed, grant.currency)}{pending}: {most}"
        )


def requester(grant: Grant, event: Any) -> Others:
    """Who asked for the payment that the event names."""
    asked = grant.payments.get(event.payment)
    if asked is None or asked.requested_by is None:
        return ()
    return ((asked.requested_by, f"asked for {event.payment}"),)


class PaymentAlreadyAuthorised(Refusal, order=STAGE, rule="domain §3: AuthorisePayment"):
    """The payment was allowed before."""


class ExceedsRequestedAmount(Refusal, order=TERMS, rule="domain §3: AuthorisePayment"):
    """More than was asked for."""


def _check_authorisation(grant: Grant, event: PaymentAuthorised, fund: Fund) -> None:
    payment = payment_of(grant, event.payment)
    not_finished(payment)
    if payment.status == "authorised":
        raise PaymentAlreadyAuthorised(f"payment {event.payment} was authorised by {payment.authorised_by}")
    third(event.actor, "authorise it", *requester(grant, event))
    if event.amount is not None:
        in_holding_currency(event.amount, fund.currency)
        if event.amount.amount > payment.requested:
            raise ExceedsRequestedAmount(
                f"{money(*event.amount)} is more than was asked for:"
                f" {money(payment.requested, grant.currency)}"
            )


def _check_rejection(grant: Grant, event: PaymentRejected) -> None:
    payment = payment_of(grant, event.payment)
    not_finished(payment)
    third(event.actor, "reject it", *requester(grant, event))


def _check_likeness(grant: Grant, event: PaymentRequested) -> None:
    not_too_like(event.payment, grant.payments, "payment")


RULES: Rules = {
    PaymentRequested: Guards(
        invariants=(
            Rule(1, _check_request),
            Rule(2, _check_likeness),
        ),
        preconditions=(Rule(1, _check_request_within_balance),),
    ),
    PaymentAuthorised: Guards(
        invariants=(Rule(1, _check_authorisation),), requested_by=(Rule(1, requester),)
    ),
    PaymentRejected: Guards(invariants=(Rule(1, _check_rejection),), requested_by=(Rule(1, requester),)),
}
"""What is asked before each event, each rule with the number of its rule set."""


_E = TypeVar("_E", bound=GrantEvent)


class OfOneLine(GrantCommand[_E], Generic[_E]):
    """A command that names a budget line as ``line`` or as ``category``, and not as both."""

    CHECKS_MORE = True

    @classmethod
    def spoken(cls, words: Mapping[str, Any]) -> Mapping[str, Any]:
        """Refuse words that name the line twice. Raises ``ValueError``."""
        if "line" in words and "category" in words:
            raise ValueError("line is another name of category: give one of them")
        return words


class RequestPayment(OfOneLine[PaymentRequested]):
    """Ask for a payment."""


class AuthorisePayment(GrantCommand[PaymentAuthorised]):
    """Allow a payment."""


class RejectPayment(GrantCommand[PaymentRejected]):
    """Refuse a payment."""


COMMANDS = (
    RequestPayment.spec("payment request", "ttl", (E, F), PAYMENT),
    AuthorisePayment.spec("payment authorise", "finance", (E, F), PAYMENT),
    RejectPayment.spec("payment reject", "finance", (E, F, *ENDS), PAYMENT),
)
"""How each event is asked for."""
