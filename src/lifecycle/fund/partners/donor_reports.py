"""Reports to partners: what their agreements ask for, and what was submitted (domain §9)."""

from lifecycle.fund.contributions import partner_of
from lifecycle.fund.state import Evolves, Fund, unchanged
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.refusals import DATES, STAGE, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.dates import Day
from lifecycle.types.text import ItemId, Line


class DonorReportSubmitted(FundEvent):
    """A report was sent to a partner. Recorded by the secretariat.

    It meets the first report that is still owed under the agreement and whose period ended by its last day.
    """

    partner: ItemId
    """The partner's short name in the book."""
    agreement: ItemId | None = None
    """The agreement that asks for it; may be left out if only one does."""
    until: Day
    """The last day that the report covers."""
    reference: Line | None = None
    """Where the report is kept, or how it is called."""


EVOLVE: Evolves = {
    DonorReportSubmitted: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""


class NoReportAgreed(Refusal, order=STAGE, rule="domain §9: SubmitDonorReport"):
    """No agreement of the partner asks for the report, or several do and none is named."""


class PeriodNotOver(Refusal, order=DATES, rule="domain §9: SubmitDonorReport"):
    """The report covers days after the day on which it was sent."""


def _check_report(fund: Fund, event: DonorReportSubmitted) -> None:
    partner = partner_of(fund, event.partner, event.on)
    asking = [
        terms.agreement for terms in partner.reporting if terms.since is not None and terms.since <= event.on
    ]
    if event.agreement not in asking and not (event.agreement is None and len(asking) == 1):
        raise NoReportAgreed(_why_none_is_meant(event, sorted(name for name in asking if name)))
    if event.until > event.on:
        raise PeriodNotOver(f"a report of {event.on} cannot cover the days until {event.until}")


def _why_none_is_meant(event: DonorReportSubmitted, names: list[str]) -> str:
    """Return why it is not clear which report was sent. ``names``: the agreements that ask for reports."""
    choice = f": name one of {', '.join(names)}" if names else ""
    if event.agreement is None and names:
        return f"several agreements of {event.partner} ask for reports on {event.on}{choice}"
    agreement = "agreement" if event.agreement is None else f"agreement {event.agreement}"
    return f"no {agreement} of {event.partner} asks for reports on {event.on}{choice}"


RULES: Rules = {
    DonorReportSubmitted: Guards(invariants=(Rule(3, _check_report),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class SubmitDonorReport(FundCommand[DonorReportSubmitted]):
    """Record a report that was sent to a partner."""


COMMANDS = (SubmitDonorReport.spec("fund submit-donor-report", "secretariat", (), ("partner",)),)
"""The commands, as the catalogue lists them."""
