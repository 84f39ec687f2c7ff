"""Instalments that partners owe, and reports that are owed to partners, with their due days (domain §6, §9).

An instalment is met on the day on which the payments that name it add up to its amount. A payment in another
currency counts by its holding amount if the instalment is in the holding currency. Otherwise it does not
count, and an approver's waiver settles the instalment. If the partner leaves, or the fund is closed, what is
not met by then is not applicable, and is met by no later payment (domain §9).
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from lifecycle.fund.closing import FundClosed
from lifecycle.fund.contributions import (
    DONOR_REPORT,
    NAME,
    ContributionAgreed,
    InstalmentReceived,
    InstalmentScheduled,
    item_of,
    report_terms,
)
from lifecycle.fund.establishment import FundEstablished
from lifecycle.fund.partners.donor_reports import DonorReportSubmitted
from lifecycle.fund.partners.membership import PartnerLeft
from lifecycle.fund.partners.partner_waivers import ObligationWaived
from lifecycle.fund.parts.pool import Terms
from lifecycle.fund.parts.report_terms import Period, ReportTerms
from lifecycle.fund.pools.agreements import ContributionAmended
from lifecycle.kernel.event import Event
from lifecycle.kernel.obligation import Obligation
from lifecycle.types.money import Money
from lifecycle.types.stage import YEARS, ZERO


class _Instalment:
    """One scheduled instalment, and the payments that name it, in order of days."""

    def __init__(self, item: str) -> None:
        self.obligation = Obligation(NAME, item)
        self.amount: Money | None = None
        self.payments: list[InstalmentReceived] = []

    def settle(self, on: date, holding: str) -> None:
        """Add a step with the state of the obligation on the day. ``holding``: the holding currency."""
        if self.amount is None:
            return
        self.obligation.met_on, received = None, ZERO
        for payment in () if self.obligation.is_idle else self.payments:
            received += amount_in(self.amount.currency, payment.amount, payment.holding_amount, holding)
            if received >= self.amount.amount:
                self.obligation.met_on = payment.on
                break
        self.obligation.add_step(on)

    def leave(self, on: date, holding: str) -> None:
        """Add a step for the day on which the partner left: what is not met by then never is."""
        self.obligation.is_idle = self.obligation.met_on is None
        self.settle(on, holding)


def amount_in(currency: str, amount: Money, worth: Money | None, holding: str) -> Decimal:
    """Return how much a payment counts in the currency; zero if that is not known.

    ``worth``: the amount in ``holding``, the holding currency.
    """
    if amount.currency == currency:
        return amount.amount
    return worth.amount if worth is not None and currency == holding else ZERO


def instalments(events: Iterable[Event]) -> list[Obligation]:
    """Return the obligations to pay instalments, from the fund's events in force, in their order."""
    scheduled: dict[str, _Instalment] = {}
    waived: set[str | None] = set()
    holding = ""
    for e in events:
        if isinstance(e, FundEstablished):
            holding = e.currency
        elif isinstance(e, ObligationWaived) and e.obligation == NAME:
            waived.add(e.item)
            for item, instalment in scheduled.items():
                if e.item in (None, item):
                    instalment.obligation.waived = True
                    instalment.settle(e.on, holding)
        elif isinstance(e, PartnerLeft | FundClosed):
            for item, instalment in scheduled.items():
                if isinstance(e, FundClosed) or item.startswith(item_of(e.partner, "")):
                    instalment.leave(e.on, holding)
        elif isinstance(e, InstalmentScheduled | InstalmentReceived) and e.instalment is not None:
            item = item_of(e.partner, e.instalment)
            instalment = scheduled.setdefault(item, _Instalment(item))
            if isinstance(e, InstalmentReceived):
                instalment.payments.append(e)
            else:
                instalment.amount = e.amount
                obligation = instalment.obligation
                obligation.triggered_on = obligation.triggered_on or e.on
                obligation.waived = bool({None, item} & waived)
                obligation.set_due(e.due)
            instalment.settle(e.on, holding)
    return [instalment.obligation for instalment in scheduled.values() if instalment.amount is not None]


_NO_END = date(YEARS[-1], 12, 31)


def donor_reports(events: Iterable[Event]) -> list[Obligation]:
    """Return the obligations to report to partners, from the fund's events in force, in their order.

    A report is owed for each period that began while the partner was one and the fund was open. A submitted
    report meets the first that is owed and whose period ended by its last day. It meets no second one.
    """
    agreed: list[tuple[str, ReportTerms]] = []
    submitted: list[DonorReportSubmitted] = []
    left: dict[str, date] = {}
    closed_on = date.max
    waived: dict[str | None, date] = {}
    for e in events:
        if isinstance(e, ContributionAgreed):
            agreed.append((e.partner, report_terms(e)))
        elif isinstance(e, ContributionAmended):
            agreed = [
                (partner, terms.amended(e.on, Terms.of(e)) if terms.agreement == e.agreement else terms)
                for partner, terms in agreed
            ]
        elif isinstance(e, DonorReportSubmitted):
            submitted.append(e)
        elif isinstance(e, PartnerLeft):
            left[e.partner] = e.on
        elif isinstance(e, FundClosed):
            closed_on = e.on
        elif isinstance(e, ObligationWaived) and e.obligation == DONOR_REPORT:
            waived.setdefault(e.item, e.on)
    asking = [(partner, terms) for partner, terms in agreed if terms.since is not None]
    obligations: list[Obligation] = []
    for partner, terms in asking:
        end = min(left.get(partner, date.max), closed_on, _NO_END + timedelta(days=1)) - timedelta(days=1)
        is_only = sum(name == partner for name, _ in asking) == 1
        theirs = [
            e
            for e in submitted
            if e.partner == partner and (e.agreement == terms.agreement or (e.agreement is None and is_only))
        ]
        obligations += [
            _donor_report(terms.item(partner, period.number), period, theirs, waived)
            for period in terms.periods(end)
        ]
    return obligations


def _donor_report(
    item: str,
    period: Period,
    submitted: list[DonorReportSubmitted],
    waived: dict[str | None, date],
) -> Obligation:
    """Return the obligation of one period, and take the report that meets it from ``submitted``."""
    obligation = Obligation(DONOR_REPORT, item)
    obligation.triggered_on = period.begins
    met = next((report for report in submitted if report.until >= period.ends), None)
    waivers = [max(on, period.begins) for on in (waived.get(item), waived.get(None)) if on is not None]
    days = {*(on for on, _ in period.due), *waivers, *([met.on] if met is not None else [])}
    dues = dict(period.due)
    for on in sorted(days):
        if on in dues:
            obligation.set_due(dues[on])
        obligation.waived |= on in waivers
        if met is not None and met.on <= on:
            obligation.met_on = met.on
        obligation.add_step(on)
    if met is not None:
        submitted.remove(met)
    return obligation
