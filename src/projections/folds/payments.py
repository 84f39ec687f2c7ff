"""The rows of a grant's payments: the state of each from day to day, and who acted."""

from decimal import Decimal

from lifecycle.grant import events as was
from lifecycle.grant.budget.payment import Payment
from lifecycle.grant.state import BROUGHT_FORWARD, Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry
from lifecycle.types.stage import ZERO
from projections.folds.disbursement import CONCERNS as MOVE_MONEY
from projections.schema.layout import payment_spans
from projections.schema.rows import FAR, Row, day, minor, moment, row_maker, scale_of

_EVENTS = (
    was.PaymentRequested,
    was.PaymentAuthorised,
    was.PaymentRejected,
    was.FundsDisbursed,
    was.PaymentFailed,
    was.IrregularPaymentRecorded,
    was.ExpenditureDocumented,
)
"""The events of one payment. A refund may be of several."""
CONCERNS: frozenset[type[Event]] = frozenset((*_EVENTS, was.RefundReceived, *MOVE_MONEY))
"""The events of a payment, and those that change how much of it is overpaid."""


_row = row_maker(payment_spans)
Cells = dict[str, object]


class Payments:
    """Keeps the state of each payment of one grant, from day to day.

    It takes entries, not events, because a row names the recorder.
    """

    table = payment_spans

    def __init__(self) -> None:
        self._spans: dict[str, list[tuple[str, Cells]]] = {}
        """By payment: each first day, and the cells from that day on."""
        self._acts: dict[str, Cells] = {}
        """By payment: the cells of the acts so far: days, officers, payee, recorder."""
        self._overpaid: dict[str, Decimal] = {}

    def see(self, grant: Grant, entry: Entry) -> None:
        """Keep the payments that the entry changed; ``grant`` is the state after it."""
        changed = _payments_of(entry.event)
        for payment in changed:
            self._acts[payment] = self._acts.get(payment, _NO_ACTS) | _act(entry)
        overpaid = _overpaid(grant)
        if overpaid != self._overpaid:
            changed |= dict.fromkeys(overpaid.keys() | self._overpaid.keys())
            self._overpaid = overpaid
        for payment in changed:
            self._keep(str(day(entry.on)), payment, grant)

    def _keep(self, since: str, payment: str, grant: Grant) -> None:
        spans = self._spans.setdefault(payment, [])
        if spans and spans[-1][0] == since:
            spans.pop()
        amounts = _amounts(grant.payments[payment], self._overpaid.get(payment, ZERO), grant.currency)
        spans.append((since, self._acts[payment] | amounts))

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days in which a payment's state was the same."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for payment, spans in self._spans.items():
            ends = [since for since, _ in spans[1:]]
            for (since, cells), until in zip(spans, [*ends, FAR], strict=True):
                rows.append(
                    _row(grant=grant, n=len(rows), since=since, until=until, payment=payment, **cells)
                )
        return rows


def _payments_of(event: Event) -> dict[str, None]:
    """Return the names of the payments that the event is about, each once."""
    if isinstance(event, was.RefundReceived):
        return dict.fromkeys(payment for payment, _ in event.parts)
    if isinstance(event, was.GrantBroughtForward):
        return {BROUGHT_FORWARD: None} if event.disbursed and event.disbursed.amount else {}
    return {event.payment: None} if isinstance(event, _EVENTS) else {}


_ACTS = (
    *("payee", "payee_institution", "category", "asked_on", "asked_by", "authorised_on", "authorised_by"),
    *("paid_on", "paid_by", "failed_on", "recorder", "recorded_at"),
)
_NO_ACTS = Cells.fromkeys(_ACTS)


def _act(entry: Entry) -> Cells:
    """Return the cells that the act gives to its payment."""
    event = entry.event
    act: Cells = {"recorder": entry.recorder, "recorded_at": moment(entry.recorded_at)}
    if isinstance(event, was.PaymentRequested):
        act |= {"asked_on": day(event.on), "asked_by": event.actor}
    elif isinstance(event, was.PaymentAuthorised):
        act |= {"authorised_on": day(event.on), "authorised_by": event.actor}
    elif isinstance(event, was.FundsDisbursed | was.IrregularPaymentRecorded):
        act |= {"paid_on": day(event.on), "paid_by": event.actor}
    elif isinstance(event, was.PaymentFailed):
        act |= {"failed_on": day(event.on)}
    elif isinstance(event, was.GrantBroughtForward):
        act |= {"paid_on": day(event.on)}
    if isinstance(event, was.PaymentRequested | was.IrregularPaymentRecorded):
        act |= {"payee": event.payee, "category": event.category}
        act |= {"payee_institution": event.payee_institution}
    return act


def _amounts(payment: Payment, overpaid: Decimal, currency: str) -> Cells:
    scale = scale_of(currency)
    was_asked = payment.irregular_rule is None and payment.requested_by is not None
    return {
        "method": payment.method,
        "status": payment.status,
        "asked": minor(payment.requested, scale) if was_asked else None,
        "authorised": None if payment.authorised_by is None else minor(payment.authorised, scale),
        "disbursed": minor(payment.disbursed, scale),
        "failed": minor(payment.failed, scale),
        "refunded": minor(payment.refunded, scale),
        "overpaid": minor(overpaid, scale),
        "documented": minor(payment.documented, scale),
        "ineligible": minor(payment.ineligible, scale),
        "due_back": minor(payment.due_back, scale),
        "irregular": payment.irregular_rule,
    }


def _overpaid(grant: Grant) -> dict[str, Decimal]:
    """Return how much of each payment is beyond the commitment: of the payments that were paid last."""
    left, overpaid = grant.overpaid, dict[str, Decimal]()
    if left > 0:
        for payment in sorted(grant.payments.values(), key=lambda payment: -payment.disbursement_number):
            part = min(left, payment.net_disbursed)
            if part > 0:
                overpaid[payment.id] = part
                left -= part
    return overpaid
