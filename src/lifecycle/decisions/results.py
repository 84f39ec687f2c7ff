"""What came of it: progress, completion, outcomes, follow-up, reports, survey and stories."""

from lifecycle.decisions.rules import Others, asked_by, conditions, in_holding_currency, lawful, money, third
from lifecycle.events import grant as was
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import (
    ActivitiesStillPlanned,
    CompletionReportAlreadyAccepted,
    FinanceInOtherCurrency,
    FollowUpIdTaken,
    FollowUpNotOpen,
    NoCompletionReport,
    NothingChanged,
)


@conditions(was.ImplementationCompleted, since=1)
def _complete(grant: Grant, _: was.ImplementationCompleted, __: Fund) -> None:
    if planned := [activity.id for activity in grant.activities.values() if activity.status == "planned"]:
        raise ActivitiesStillPlanned(f"still planned: {', '.join(planned)}; hold or cancel each first")


@lawful(was.OutcomesReported, since=1)
def _report(_: Grant, e: was.OutcomesReported, __: Fund) -> None:
    if not e.outcomes and not e.results:
        raise NothingChanged("name at least one outcome or result, with its evidence")


@lawful(was.FollowUpAgreed, since=1)
def _agree(grant: Grant, e: was.FollowUpAgreed, _: Fund) -> None:
    if known := grant.follow_ups.get(e.follow_up):
        raise FollowUpIdTaken(f"follow-up {e.follow_up} is {known.status} already: choose another name")


def _is_open(grant: Grant, follow_up: str) -> None:
    known = grant.follow_ups.get(follow_up)
    if known is None or known.status not in ("open", "handed_over"):
        still = ", ".join(f.id for f in grant.follow_ups.values() if f.status == "open") or "none"
        what = "unknown" if known is None else known.status
        raise FollowUpNotOpen(f"follow-up {follow_up} is {what}; open on that day: {still}")


@lawful(was.FollowUpCompleted, since=1)
def _complete_follow_up(grant: Grant, e: was.FollowUpCompleted, _: Fund) -> None:
    _is_open(grant, e.follow_up)


@lawful(was.FollowUpFinanced, since=1)
def _finance(grant: Grant, e: was.FollowUpFinanced, fund: Fund) -> None:
    known = grant.follow_ups.get(e.follow_up)
    if known is None or known.status == "dropped":
        _is_open(grant, e.follow_up)
    needs = None if known is None else known.needs
    if needs is None:
        in_holding_currency(e.amount, fund.currency)
    elif e.amount.currency != needs[1]:
        raise FinanceInOtherCurrency(
            f"{e.follow_up} needs {money(*needs)}: say what {e.amount} is in {needs[1]}"
        )


@lawful(was.FollowUpDropped, since=1)
def _drop(grant: Grant, e: was.FollowUpDropped, _: Fund) -> None:
    _is_open(grant, e.follow_up)


@lawful(was.FollowUpHandedOver, since=1)
def _hand_over(grant: Grant, e: was.FollowUpHandedOver, _: Fund) -> None:
    _is_open(grant, e.follow_up)


@lawful(was.CompletionReportSubmitted, since=1)
def _submit(grant: Grant, _: was.CompletionReportSubmitted, __: Fund) -> None:
    _not_accepted(grant)


@asked_by(was.CompletionReportAccepted, since=1)
def _submitters(grant: Grant, _: was.CompletionReportAccepted) -> Others:
    return tuple((officer, "submitted the completion report") for officer in sorted(grant.submitters))


@lawful(was.CompletionReportAccepted, since=1)
def _accept(grant: Grant, e: was.CompletionReportAccepted, _: Fund) -> None:
    if grant.report_by is None:
        raise NoCompletionReport(f"no completion report was handed in by {e.on}")
    _not_accepted(grant)
    third(e.actor, "accept it", *_submitters(grant, e))


def _not_accepted(grant: Grant) -> None:
    if grant.report_accepted_on is not None:
        raise CompletionReportAlreadyAccepted(f"it was accepted on {grant.report_accepted_on}")


@lawful(was.FollowUpAgreed, since=2)
def _agree_like_no_other(grant: Grant, e: was.FollowUpAgreed, _: Fund) -> None:
    not_too_like(e.follow_up, grant.follow_ups, "follow-up")
