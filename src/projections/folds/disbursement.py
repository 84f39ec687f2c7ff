"""The rows of a grant's flows of money."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lifecycle.grant import events as was
from lifecycle.grant.state import BROUGHT_FORWARD, Grant
from lifecycle.kernel.event import Event
from lifecycle.types.stage import ZERO
from projections.schema.layout import money_flows
from projections.schema.rows import FAR, Row, day, minor, row_maker, scale_of

MARKS = ("committed_brought_forward", "disbursed_brought_forward")
"""Kinds that say how much of the others was brought forward: of the commitment, and of what was paid net."""
KINDS = ("approved", "increased", "cancelled", "requested", "disbursed", "refunded", "overpaid", *MARKS)
"""The kinds of flow that are stored. The other sums are computed from them."""


_row = row_maker(money_flows)


@dataclass(slots=True)
class _Flow:
    """An amount that moved on a day, in minor units; the fields are columns of `money_flows`."""

    on: str
    kind: str
    amount: int
    undone_on: str
    follows: str | None


class Disbursement:
    """Keeps the flows of money of one grant by day."""

    table = money_flows

    def __init__(self) -> None:
        self._flows: list[_Flow] = []
        self._scale = 1
        self._committed = ZERO
        self._disbursed = ZERO
        self._overpaid = ZERO
        self._paid: dict[str, _Flow] = {}
        self._requested_on: dict[str, date] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the event's flows; ``grant`` is the state after it."""
        self._scale = scale_of(grant.currency)
        _FOLLOW[type(event)](self, grant, event)
        if grant.overpaid != self._overpaid:
            self._flow(event.on, "overpaid", grant.overpaid - self._overpaid)
        self._committed, self._disbursed, self._overpaid = grant.committed, grant.disbursed, grant.overpaid

    def _flow(self, on: date, kind: str, amount: Decimal, follows: str | None = None) -> _Flow:
        flow = _Flow(str(day(on)), kind, minor(amount, self._scale), FAR, follows)
        self._flows.append(flow)
        return flow

    def _approved(self, _: Grant, e: was.GrantApproved) -> None:
        self._flow(e.on, "approved", e.amount.amount)

    def _brought_forward(self, _: Grant, e: was.GrantBroughtForward) -> None:
        """Keep the totals as flows of the day, and mark how much they come to."""
        if e.approved_on is None:
            return
        self._flow(e.on, "approved", e.approved.amount)
        totals = ("increased", e.increased), ("cancelled", e.cancelled), ("disbursed", e.disbursed)
        flows = {
            kind: self._flow(e.on, kind, total.amount) for kind, total in totals if total and total.amount
        }
        if "disbursed" in flows:
            self._paid[BROUGHT_FORWARD] = flows["disbursed"]
        if e.refunded and e.refunded.amount:
            self._flow(e.on, "refunded", e.refunded.amount, flows["disbursed"].on)
        for mark, amount in zip(MARKS, (e.committed, e.net_disbursed), strict=True):
            if amount:
                self._flow(e.on, mark, amount)

    def _increased(self, _: Grant, e: was.CommitmentIncreased) -> None:
        self._flow(e.on, "increased", e.amount.amount)

    def _given_back(self, grant: Grant, e: Event) -> None:
        """Keep what left the commitment: cancelled, unused at the end, or returned after it."""
        if grant.committed != self._committed:
            self._flow(e.on, "cancelled", self._committed - grant.committed)

    def _requested(self, _: Grant, e: was.PaymentRequested) -> None:
        self._flow(e.on, "requested", e.amount.amount)
        self._requested_on[e.payment] = e.on

    def _rejected(self, grant: Grant, e: was.PaymentRejected) -> None:
        requested_on = day(self._requested_on[e.payment])
        self._flow(e.on, "requested", -grant.payments[e.payment].requested, requested_on)

    def _disbursed_now(self, _: Grant, e: was.FundsDisbursed | was.IrregularPaymentRecorded) -> None:
        self._paid[e.payment] = self._flow(e.on, "disbursed", e.amount.amount)

    def _failed(self, grant: Grant, e: was.PaymentFailed) -> None:
        if grant.disbursed != self._disbursed:
            paid = self._paid[e.payment]
            self._flow(e.on, "disbursed", grant.disbursed - self._disbursed, paid.on)
            paid.undone_on = str(day(e.on))
        self._given_back(grant, e)

    def _refunded(self, grant: Grant, e: was.RefundReceived) -> None:
        for payment, amount in e.parts:
            self._flow(e.on, "refunded", amount, self._paid[payment].on)
        self._given_back(grant, e)

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each flow."""
        grant_id = stream.removeprefix("grant:")
        return [
            _row(
                grant=grant_id,
                n=n,
                on=flow.on,
                kind=flow.kind,
                amount=flow.amount,
                undone_on=flow.undone_on,
                follows=flow.follows,
            )
            for n, flow in enumerate(self._flows)
        ]


_FOLLOW: dict[type[Event], Any] = {
    was.GrantApproved: Disbursement._approved,
    was.GrantBroughtForward: Disbursement._brought_forward,
    was.CommitmentIncreased: Disbursement._increased,
    was.BalanceCancelled: Disbursement._given_back,
    was.GrantLapsed: Disbursement._given_back,
    was.GrantCancelled: Disbursement._given_back,
    was.PaymentRequested: Disbursement._requested,
    was.PaymentRejected: Disbursement._rejected,
    was.FundsDisbursed: Disbursement._disbursed_now,
    was.IrregularPaymentRecorded: Disbursement._disbursed_now,
    was.PaymentFailed: Disbursement._failed,
    was.RefundReceived: Disbursement._refunded,
}
CONCERNS = _FOLLOW.keys()
"""The events that move money, promise it or ask for it."""
