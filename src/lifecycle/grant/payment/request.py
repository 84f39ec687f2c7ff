"""Payments that are requested, and authorised or rejected by finance."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import model_validator

from lifecycle.fund.establishment import window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import edition_of, executed_by
from lifecycle.grant.budget.capacity import within_capacity_share
from lifecycle.grant.budget.lines import key_of
from lifecycle.grant.budget.payment import Payment
from lifecycle.grant.budget.within_lines import (
    UnknownBudgetLine,
    budget_line_of,
    names_of_lines,
    within_line,
)
from lifecycle.grant.payment.advances import earlier_advances_documented, within_advance_ceiling
from lifecycle.grant.state import Evolves, Grant, MutableGrant, put_payment, requester_of
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.guards import OfficerActs, by_another_officer, in_holding_currency, money
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, ExceedsUndisbursedBalance, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import ENDS, PAYMENT, E, F
from lifecycle.types.money import Amount
from lifecycle.types.readings.nearest import did_you_mean
from lifecycle.types.text import ItemId, Line, Reason
from lifecycle.types.vocabularies import Label, PaymentMethod


def line_as_category(fields: Any) -> Any:
    """Return the fields with ``line`` renamed to ``category``; it replaces a category that is there."""
    if type(fields) is dict and "line" in fields:
        others = {name: value for name, value in fields.items() if name != "line"}
        return others | {"category": fields["line"]}
    return fields


def payee_named(event: Any) -> Any:
    """Return the event. Raises ``ValueError`` if it names no payee in either way."""
    if event.payee is None and event.payee_institution is None:
        raise ValueError("name the payee: payee in words, payee_institution by its id, or both")
    return event


class PaymentRequested(GrantEvent):
    """A payment was requested. Recorded by the task team leader."""

    VERSION: ClassVar[int] = 3
    _line = model_validator(mode="before")(line_as_category)
    _payee = model_validator(mode="after")(payee_named)

    payment: ItemId
    """Its name within the grant."""
    payee: Line | None = None
    """Who is paid, in words: an organization or a role, never a person's name."""
    payee_institution: ItemId | None = None
    """The institution of the directory that is paid. The payee in words may then be left out."""
    category: Label | None = None
    """The budget line that pays; ``line`` is another name of this field. If it is not given, the book fills
    in the only line of the budget."""
    amount: Amount
    """In the grant's currency; at most what the line has left, and what the grant has."""
    method: PaymentMethod | None = None
    """How it is paid: to the payee, back to who paid already, or before it is spent; direct if not given."""


class PaymentAuthorised(GrantEvent):
    """Finance authorised a payment. Recorded by an officer who did not request it."""

    payment: ItemId
    """Its name within the grant."""
    amount: Amount | None = None
    """At most the requested amount; the requested amount if not given."""


class PaymentRejected(GrantEvent):
    """Finance rejected a payment. Recorded by an officer who did not request it."""

    payment: ItemId
    """Its name within the grant."""
    reason: Reason
    """Why it is not paid."""


def _payment_requested(grant: MutableGrant, event: PaymentRequested) -> None:
    amount = event.amount.amount
    payment = Payment(
        event.payment,
        amount,
        requested_by=event.actor,
        payee=event.payee or "",
        payee_institution=event.payee_institution,
        category=key_of(event.category),
        method=event.method or "direct",
    )
    put_payment(grant, payment)
    grant.pending += amount


def _payment_authorised(grant: MutableGrant, event: PaymentAuthorised) -> None:
    payment = grant.payments[event.payment]
    amount = payment.requested if event.amount is None else event.amount.amount
    authorised = payment.replace(status="authorised", authorised=amount, authorised_by=event.actor)
    put_payment(grant, authorised)
    grant.pending += amount - payment.payable


def _payment_rejected(grant: MutableGrant, event: PaymentRejected) -> None:
    payment = grant.payments[event.payment]
    put_payment(grant, payment.replace(status="rejected"))
    grant.pending -= payment.payable


EVOLVE: Evolves = {
    PaymentRequested: _payment_requested,
    PaymentAuthorised: _payment_authorised,
    PaymentRejected: _payment_rejected,
}
"""The function by which each event changes the grant."""


class UnknownPayment(Refusal, order=STAGE, rule="domain §3: payments"):
    """The payment had not been requested by that day."""


def payment_of(grant: Grant, name: str) -> Payment:
    """Return the grant's payment of this name. Raises `UnknownPayment`."""
    payment = grant.payments.get(name)
    if payment is None:
        names = ", ".join(grant.payments) or "none"
        near = did_you_mean(name, grant.payments)
        raise UnknownPayment(f"{grant.id} has no payment {name} on that day{near}; it has: {names}")
    return payment


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


def _make_request(grant: Grant, request: PaymentRequested, _: Fund) -> PaymentRequested:
    """Return the request; if it names no budget line, of the only line of the budget."""
    if request.category is not None:
        return request
    if len(grant.lines) != 1:
        raise UnknownBudgetLine(f"name the budget line that pays; the budget has: {names_of_lines(grant)}")
    (line,) = grant.lines.values()
    return request.model_copy(update={"category": line.name})


def _check_line(grant: Grant, event: PaymentRequested) -> None:
    budget_line_of(grant, event.category or "")


def _check_request_within_line(grant: Grant, event: PaymentRequested) -> None:
    within_line(grant, event.category or "", event.amount.amount, f"is asked for on {event.on}")


def _check_capacity_share(grant: Grant, event: PaymentRequested, fund: Fund) -> None:
    line = grant.lines.get(key_of(event.category))
    if line is not None and line.capacity:
        after = grant.thaw()
        _payment_requested(after, event)
        within_capacity_share(after, window_of(grant.window, edition_of(grant, fund)))


def _check_earlier_advances(grant: Grant, event: PaymentRequested, fund: Fund) -> None:
    if event.method == "advance":
        earlier_advances_documented(grant, fund, event.on)


def _check_ceiling(grant: Grant, event: PaymentRequested, fund: Fund) -> None:
    if event.method == "advance":
        within_advance_ceiling(grant, fund, event.amount.amount)


class MethodNotAllowed(Refusal, order=TERMS, rule="domain §11: execution and advances"):
    """The edition does not allow the method for a grant of this execution."""


def _check_method(grant: Grant, event: PaymentRequested, fund: Fund) -> None:
    edition, method = edition_of(grant, fund), event.method or "direct"
    methods = edition.needs_of(grant.execution).methods
    if methods is not None and method not in methods.value:
        raise MethodNotAllowed(
            f"edition {edition.name} allows no {method} payment of a grant that {executed_by(grant)}:"
            f" only {' or '.join(methods.value)} ({methods.source})"
        )


def requester(grant: Grant, event: Any) -> OfficerActs:
    """Return the officer who requested the payment that the event names."""
    return requester_of(grant, event.payment)


class PaymentAlreadyAuthorised(Refusal, order=STAGE, rule="domain §3: AuthorisePayment"):
    """The payment was authorised before."""


class ExceedsRequestedAmount(Refusal, order=TERMS, rule="domain §3: AuthorisePayment"):
    """The amount is more than was requested."""


def _check_authorisation(grant: Grant, event: PaymentAuthorised, fund: Fund) -> None:
    payment = payment_of(grant, event.payment)
    not_finished(payment)
    if payment.status == "authorised":
        raise PaymentAlreadyAuthorised(f"payment {event.payment} was authorised by {payment.authorised_by}")
    by_another_officer(event.actor, "authorise it", *requester(grant, event))
    if event.amount is not None:
        in_holding_currency(event.amount, fund.currency)
        if event.amount.amount > payment.requested:
            raise ExceedsRequestedAmount(
                f"{money(*event.amount)} is more than was asked for:"
                f" {money(payment.requested, grant.currency)}"
            )


def _check_is_open(grant: Grant, event: PaymentAuthorised | PaymentRejected) -> None:
    not_finished(payment_of(grant, event.payment))


def _check_authorised_currency(event: PaymentAuthorised, fund: Fund) -> None:
    if event.amount is not None:
        in_holding_currency(event.amount, fund.currency)


def _check_rejection(grant: Grant, event: PaymentRejected) -> None:
    payment = payment_of(grant, event.payment)
    not_finished(payment)
    by_another_officer(event.actor, "reject it", *requester(grant, event))


def _check_likeness(grant: Grant, event: PaymentRequested) -> None:
    not_too_like(event.payment, grant.payments, "payment")


RULES: Rules = {
    PaymentRequested: Guards(
        invariants=(
            Rule(1, _check_request),
            Rule(2, _check_likeness),
            Rule(3, _check_line),
            Rule(3, _check_method),
        ),
        preconditions=(
            Rule(1, _check_request_within_balance),
            Rule(3, _check_request_within_line),
            Rule(3, _check_capacity_share),
            Rule(3, _check_earlier_advances),
            Rule(3, _check_ceiling),
        ),
        arithmetic=(Rule(2, _check_request),),
        made_by=_make_request,
    ),
    PaymentAuthorised: Guards(
        invariants=(Rule(1, _check_authorisation),),
        requested_by=(Rule(1, requester),),
        arithmetic=(Rule(2, _check_is_open), Rule(2, _check_authorised_currency)),
    ),
    PaymentRejected: Guards(
        invariants=(Rule(1, _check_rejection),),
        requested_by=(Rule(1, requester),),
        arithmetic=(Rule(2, _check_is_open),),
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


_E = TypeVar("_E", bound=GrantEvent)


class WithOneLine(GrantCommand[_E], Generic[_E]):
    """A command that names a budget line either as ``line`` or as ``category``."""

    CHECKS_MORE = True

    @classmethod
    def normalised_words(cls, words: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the words. Raises ``ValueError`` if they name the budget line twice."""
        if "line" in words and "category" in words:
            raise ValueError("line is another name of category: give one of them")
        if words.get("line") == "":
            raise ValueError("line: is empty: name a budget line, or leave it out")
        return words


class RequestPayment(WithOneLine[PaymentRequested]):
    """Request a payment."""

    FILLED_IN = ("category",)


class AuthorisePayment(GrantCommand[PaymentAuthorised]):
    """Authorise a payment."""


class RejectPayment(GrantCommand[PaymentRejected]):
    """Reject a payment."""


COMMANDS = (
    RequestPayment.spec("payment request", "ttl", (E, F), PAYMENT),
    AuthorisePayment.spec("payment authorise", "finance", (E, F), PAYMENT),
    RejectPayment.spec("payment reject", "finance", (E, F, *ENDS), PAYMENT),
)
"""The commands, as the catalogue lists them."""
