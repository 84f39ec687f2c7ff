"""Exchange activities: planned, moved, called off, held."""

from typing import Any

from pydantic import model_validator

from lifecycle.decisions.rules import GrantCommand, conditions, in_holding_currency, lawful
from lifecycle.events import grant as was
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant
from lifecycle.kernel.likeness import not_too_like
from lifecycle.kernel.refusals import (
    ActivityAlreadyHeld,
    ActivityIdTaken,
    ActivityNotPlanned,
    HeldBeforeItEnded,
)
from lifecycle.types.terms import Country


class HoldActivity(GrantCommand, was.ActivityHeld):
    """Record that it was held."""

    NAME = "HoldActivity"

    host: Country | None = None
    """The one country in which it was held; several are hosts."""

    @model_validator(mode="before")
    @classmethod
    def _one_host(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("host") is None:
            return given
        if given.get("hosts") is not None:
            raise ValueError("give either host (one country) or hosts (several)")
        return {name: said for name, said in given.items() if name != "host"} | {"hosts": [given["host"]]}


@lawful(was.ActivityPlanned, since=1)
def _plan(grant: Grant, e: was.ActivityPlanned, fund: Fund) -> None:
    if known := grant.activities.get(e.activity):
        raise ActivityIdTaken(
            f"{e.activity} is {known.status} already: choose another name, or reschedule it"
        )
    if e.budget is not None:
        in_holding_currency(e.budget, fund.currency)


@lawful(was.ActivityRescheduled, since=1)
def _reschedule(grant: Grant, e: was.ActivityRescheduled, _: Fund) -> None:
    _not_called_off(grant, e.activity)


@lawful(was.ActivityCancelled, since=1)
def _cancel(grant: Grant, e: was.ActivityCancelled, _: Fund) -> None:
    _not_called_off(grant, e.activity)


@conditions(was.ActivityRescheduled, since=1)
def _reschedule_planned(grant: Grant, e: was.ActivityRescheduled, _: Fund) -> None:
    _not_held(grant, e.activity)


@conditions(was.ActivityCancelled, since=1)
def _cancel_planned(grant: Grant, e: was.ActivityCancelled, _: Fund) -> None:
    _not_held(grant, e.activity)


def _not_called_off(grant: Grant, activity: str) -> None:
    known = grant.activities.get(activity)
    if known is None or known.status == "cancelled":
        raise ActivityNotPlanned(_not_planned(grant, activity))


def _not_held(grant: Grant, activity: str) -> None:
    """Only asked when it is decided: that it had been held already may be learned later."""
    known = grant.activities.get(activity)
    if known is not None and known.status == "held":
        raise ActivityNotPlanned(_not_planned(grant, activity))


def _not_planned(grant: Grant, activity: str) -> str:
    known = grant.activities.get(activity)
    planned = ", ".join(a.id for a in grant.activities.values() if a.status == "planned") or "none"
    return f"{activity} is {'unknown' if known is None else known.status}; planned on that day: {planned}"


@lawful(was.ActivityHeld, since=1)
def _hold(grant: Grant, e: was.ActivityHeld, _: Fund) -> None:
    known = grant.activities.get(e.activity)
    if known is not None and known.status == "held":
        raise ActivityAlreadyHeld(f"{e.activity} was held until {known.held_on}: correct that entry instead")


@lawful(was.ActivityHeld, since=2)
def _hold_after_its_end(_: Grant, e: was.ActivityHeld, __: Fund) -> None:
    if e.on < e.ends:
        raise HeldBeforeItEnded(f"{e.activity} ends on {e.ends}: on {e.on} it has not been held yet")


@lawful(was.ActivityPlanned, since=2)
def _plan_like_no_other(grant: Grant, e: was.ActivityPlanned, _: Fund) -> None:
    not_too_like(e.activity, grant.activities, "activity")


@lawful(was.ActivityHeld, since=2)
def _hold_like_no_other(grant: Grant, e: was.ActivityHeld, _: Fund) -> None:
    not_too_like(e.activity, grant.activities, "activity")
