"""Exchange activities: planned, moved, called off, held."""

from lifecycle.decisions.rules import in_holding_currency, lawful
from lifecycle.events import grant as was
from lifecycle.fund import Fund
from lifecycle.grant import Grant
from lifecycle.refusals import ActivityAlreadyHeld, ActivityIdTaken, ActivityNotPlanned


@lawful(was.ActivityPlanned)
def _plan(grant: Grant, e: was.ActivityPlanned, fund: Fund) -> None:
    if known := grant.activities.get(e.activity):
        raise ActivityIdTaken(
            f"{e.activity} is {known.status} already: choose another name, or reschedule it"
        )
    if e.budget is not None:
        in_holding_currency(e.budget, fund.currency)


def _is_planned(grant: Grant, activity: str) -> None:
    known = grant.activities.get(activity)
    if known is None or known.status != "planned":
        planned = ", ".join(a.id for a in grant.activities.values() if a.status == "planned") or "none"
        what = "unknown" if known is None else known.status
        raise ActivityNotPlanned(f"{activity} is {what}; planned on that day: {planned}")


@lawful(was.ActivityRescheduled)
def _reschedule(grant: Grant, e: was.ActivityRescheduled, _: Fund) -> None:
    _is_planned(grant, e.activity)


@lawful(was.ActivityCancelled)
def _cancel(grant: Grant, e: was.ActivityCancelled, _: Fund) -> None:
    _is_planned(grant, e.activity)


@lawful(was.ActivityHeld)
def _hold(grant: Grant, e: was.ActivityHeld, _: Fund) -> None:
    known = grant.activities.get(e.activity)
    if known is not None and known.status == "held":
        raise ActivityAlreadyHeld(f"{e.activity} was held until {known.held_on}: correct that entry instead")
