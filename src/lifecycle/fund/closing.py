"""The end of the fund: when it is closed, and what is still taken afterwards (domain §9)."""

from datetime import date
from decimal import Decimal

from lifecycle.fund.state import Evolves, Fund, MutableFund
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import FundEvent
from lifecycle.kernel.guards import money
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.types.stage import ZERO
from lifecycle.types.text import Reason

_OF_GRANTS = """
    ActivityHeld ExpenditureDocumented PaymentFailed RefundReceived IrregularPaymentRecorded
    CoFinancingRecorded CostRecorded OutcomesReported LessonRecorded CapabilityReached IndicatorMeasured
    FollowUpCompleted FollowUpFinanced ProgressReported CompletionReportSubmitted ClientSurveyRecorded
    ResultsStoryPublished DevelopmentOutcomeRecorded DocumentAttached EntryCorrected BalanceCancelled
"""
_OF_FUND = """
    InstalmentReceived IncomeCredited FundsReturned ConsultationHeld PartnerRenamed PartnerLeft
    DonorReportSubmitted DocumentAttached EntryCorrected OfficerAppointed OfficerRetired SealingSwitched
"""
TAKEN: dict[str, frozenset[str]] = {
    "grant": frozenset(_OF_GRANTS.split()),
    "fund": frozenset(_OF_FUND.split()),
    "call": frozenset(("EntryCorrected",)),
    "directory": frozenset(("InstitutionRenamed", "OfferWithdrawn", "UseRecorded", "EntryCorrected")),
}
"""The events that are taken after the closure, by what they are about.

They are what happened in the world, documents and corrections; also how money that came back reaches the
partners (BalanceCancelled, FundsReturned), and who keeps the book (officers and sealing).
"""
SINCE = 3
"""The number of the rule set since which a fund can be closed."""


class FundClosed(FundEvent):
    """The fund has ended: its grants have ended, and nothing is left to promise. Recorded by an approver.

    From this day on the fund decides nothing more. What happens in the world, documents and corrections are
    still recorded, and money that comes back is returned.
    """

    reason: Reason | None = None
    """Why it is closed."""


def _closed(fund: MutableFund, event: FundClosed) -> None:
    fund.closed_on = event.on


EVOLVE: Evolves = {FundClosed: _closed}
"""The function by which each event changes the fund."""


class FundIsClosed(Refusal, order=STAGE, rule="domain §9: CloseFund"):
    """The fund is closed on that day, and decides nothing more."""


class FundNotEmpty(Refusal, order=TERMS, rule="domain §9: CloseFund"):
    """A grant has neither closed nor ended by that day, or money is left."""


class FundClosureWouldNotHold(Refusal, order=TERMS, rule="domain §9: CloseFund"):
    """The fund is closed, and could not have been closed if the entry had read so."""


def closed_before(
    fund: Fund, about: str, event: str, on: date, *, recorded: bool = False
) -> FundIsClosed | None:
    """Return the refusal of an event on the day, if the fund is closed by then and does not take it.

    ``about``: ``grant``, ``fund``, ``call`` or ``directory``. ``event``: its name. ``recorded``: whether it
    is recorded already. Then it stands on the day of the closure too.
    """
    if fund.closed_on is None or on < fund.closed_on or event in TAKEN[about]:
        return None
    if recorded and on == fund.closed_on:
        return None
    return FundIsClosed(
        f"the fund was closed on {fund.closed_on}: only what happened in the world, documents, corrections"
        " and returns to partners are recorded after it"
    )


def check_fund_open(
    fund: Fund, about: str, event: str, on: date, rules: int, *, recorded: bool = False
) -> None:
    """Refuse an event that the fund does not take, which is closed by the day. Raises `FundIsClosed`.

    The arguments are those of `closed_before`, and the number of the rule set to decide by.
    """
    if rules >= SINCE and (refusal := closed_before(fund, about, event, on, recorded=recorded)):
        raise refusal


def left_on(fund: Fund, day: date) -> Decimal:
    """Return what is left to promise on the day, with what is set aside.

    It is below zero if more was promised, or paid in breach, than came in.
    """
    kept = (other.left.at(day) for other in fund.set_asides.values() if other.holds_on(day))
    return fund.available.at(day) + sum(kept, ZERO)


def check_closure_holds(before: Fund, after: Fund, still_open: str | None = None) -> None:
    """Refuse a decision after which the closed fund had a grant that runs, or more money than before.

    ``before``, ``after``: the fund without and with the decision. ``still_open``: which grant would run on
    the day of the closure, in words. Raises `FundClosureWouldNotHold`.
    """
    closed_on = after.closed_on
    if closed_on is None:
        return
    if still_open is not None:
        raise FundClosureWouldNotHold(
            f"{still_open}, and the fund was closed on {closed_on}: strike the fund's closure first"
        )
    left = left_on(after, closed_on)
    if left > max(ZERO, left_on(before, closed_on)):
        raise FundClosureWouldNotHold(
            f"the fund was closed on {closed_on}, and {money(left, after.currency)} would be left on that"
            " day: strike the fund's closure first"
        )


def _check_not_closed(fund: Fund) -> None:
    if fund.closed_on is not None:
        raise FundIsClosed(f"the fund was closed on {fund.closed_on} already")


RULES: Rules = {
    FundClosed: Guards(invariants=(Rule(SINCE, _check_not_closed),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class CloseFund(FundCommand[FundClosed]):
    """Close the fund, once all grants have ended and nothing is left."""


COMMANDS = (CloseFund.spec("fund close", "approver"),)
"""The commands, as the catalogue lists them."""
