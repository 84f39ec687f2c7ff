"""Restructuring: other terms of an approved grant, and a new budget."""

from typing import ClassVar

from pydantic import Field

from lifecycle.directory.naming import GrantInstitutions
from lifecycle.fund.establishment import window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import (
    edition_of,
    fits_window,
    plans_capabilities,
    was_approved,
    within_span,
)
from lifecycle.grant.budget.capacity import within_capacity_share
from lifecycle.grant.budget.lines import UNUSED, lines_as_asked
from lifecycle.grant.budget.within_lines import (
    BudgetDoesNotAddUp,
    ExceedsBudgetLine,
    named_once,
)
from lifecycle.grant.exchange import TooManyActivities, too_many_activities
from lifecycle.grant.proposal.eligibility import fits_eligibility
from lifecycle.grant.proposal.review import within_maximum
from lifecycle.grant.proposal.terms import BudgetLine
from lifecycle.grant.state import Evolves, Grant, MutableGrant
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import Draft, GrantEvent
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import (
    NoEditionInForce,
    NothingChanged,
)
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, A, E, S
from lifecycle.policy.edition import Edition, last_day
from lifecycle.types.stage import ZERO
from lifecycle.types.text import Line, Prose, Reason, Word
from lifecycle.types.vocabularies import Capability, Countries


class GrantRestructured(GrantEvent):
    """The grant's terms were changed. From this day the edition then in force governs it.

    Recorded by an approver.
    """

    VERSION: ClassVar[int] = 4

    window: Word | None = None
    """The new window, if it changes."""
    recipients: Countries | None = None
    """All receiving countries from now on, where they change."""
    providers: Countries | None = None
    """All providing countries from now on, where they change."""
    objective: Prose | None = None
    """The new objective, if it changes."""
    institution: Line | None = None
    """The institution from now on, if it changes."""
    institutions: GrantInstitutions | None = None
    """All institutions of the directory from now on, if they change."""
    capabilities_planned: tuple[Capability, ...] | None = None
    """The institution's plan from now on, if it changes."""
    budget: tuple[BudgetLine, ...] | None = Field(default=None, min_length=1, max_length=200)
    """All budget lines from now on, where they change; they add up to the commitment."""
    reason: Reason
    """Why the terms were changed."""
    edition: Line
    """The policy edition in force on the day."""


_RESTRUCTURED = (
    *("window", "recipients", "providers", "objective"),
    *("institution", "institutions", "capabilities_planned"),
)


def _grant_restructured(grant: MutableGrant, event: GrantRestructured) -> None:
    grant.edition = event.edition
    for name in _RESTRUCTURED:
        if (value := getattr(event, name)) is not None:
            setattr(grant, name, value)
    if event.budget is not None:
        grant.lines = lines_as_asked(line.as_asked for line in event.budget)


EVOLVE: Evolves = {GrantRestructured: _grant_restructured}
"""The function by which each event changes the grant."""


def _make_restructuring(_: Grant, draft: "RestructuringDraft", fund: Fund) -> GrantRestructured:
    return _restructuring(draft, fund.edition_on(draft.on))


def _make_restructuring_elsewhere(_: Grant, draft: "RestructuringDraft", fund: Fund) -> GrantRestructured:
    return _restructuring(draft, fund.edition_of_history(draft.on))


def _restructuring(draft: "RestructuringDraft", edition: Edition | None) -> GrantRestructured:
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {draft.on}: adopt one that does")
    return GrantRestructured(
        on=draft.on,
        actor=draft.actor,
        window=draft.window,
        recipients=draft.recipients,
        providers=draft.providers,
        objective=draft.objective,
        institution=draft.institution,
        institutions=draft.institutions,
        capabilities_planned=draft.capabilities_planned,
        budget=draft.budget,
        reason=draft.reason,
        edition=edition.name,
    )


def _check_restructuring(grant: Grant, event: GrantRestructured, fund: Fund) -> None:
    if not any(
        (
            event.window,
            event.recipients,
            event.providers,
            event.objective,
            event.institution,
            event.institutions is not None,  # an empty list takes all of them off
            event.capabilities_planned,
            event.budget,
        )
    ):
        raise NothingChanged("name a window, countries, objective, institutions, plan or budget that changes")
    edition = fund.editions[event.edition]
    after = _restructured(grant, event)
    window = window_of(after.window, edition)
    if grant.effective_on is not None and grant.closing_date is not None:
        waived = after.window == grant.window and _is_waived(grant, fund)
        within_span(grant.effective_on, grant.closing_date, window, check_latest=not waived)
    within_maximum(after, grant.committed, window)
    fits_window(after, event.recipients or grant.recipients, window, edition)
    within_capacity_share(after, window, with_used=False)


def _check_activities(grant: Grant, event: GrantRestructured, fund: Fund) -> None:
    after = _restructured(grant, event)
    fault = too_many_activities(after, fund.editions[event.edition])
    if fault and not too_many_activities(grant, edition_of(grant, fund)):
        raise TooManyActivities(f"{fault}: cancel those that are planned beyond it first")


def _restructured(grant: Grant, event: GrantRestructured) -> Grant:
    """Return the grant after the event."""
    after = grant.thaw()
    _grant_restructured(after, event)
    return after.freeze()


def _check_eligibility(grant: Grant, event: GrantRestructured, fund: Fund) -> None:
    # A country that was eligible when the grant was approved stays in it, whatever its class becomes.
    after = _restructured(grant, event)
    if after.window == grant.window:
        after = after.replace(
            recipients=tuple(code for code in after.recipients if code not in grant.recipients),
            providers=tuple(code for code in after.providers if code not in grant.providers),
        )
    fits_eligibility(after, fund.editions[event.edition], event.on)


def _check_new_budget(grant: Grant, event: GrantRestructured) -> None:
    if event.budget is None:
        return
    named_once(line.line for line in event.budget)
    for line in event.budget:
        in_holding_currency(line.amount, grant.currency)
    total = sum((line.amount.amount for line in event.budget), ZERO)
    if total != grant.committed:
        raise BudgetDoesNotAddUp(
            f"the lines sum to {money(total, grant.currency)}; on {event.on} the commitment is"
            f" {money(grant.committed, grant.currency)}"
        )


def _check_new_lines_hold(grant: Grant, event: GrantRestructured) -> None:
    if event.budget is None:
        return
    after = _restructured(grant, event)
    for key, use in grant.uses.items():
        line = grant.lines.get(key) or after.lines.get(key)
        if line is not None and use != UNUSED and not _holds(grant, after, key):
            taken = money(use.pending + use.net_paid, grant.currency)
            raise ExceedsBudgetLine(
                f"{taken} is asked for or was paid from line {line.name}: the new budget keeps the line with"
                f" at least {taken}"
            )


def _holds(grant: Grant, after: Grant, key: str) -> bool:
    """Return whether the new budget has the line, and leaves it no less than nothing, or than it had."""
    if key not in after.lines:
        return False
    had = grant.left_of_line(key) if key in grant.lines else ZERO
    return after.left_of_line(key) >= min(ZERO, had)


def _check_new_capacity(grant: Grant, event: GrantRestructured, fund: Fund) -> None:
    after = _restructured(grant, event)
    within_capacity_share(after, window_of(after.window, fund.editions[event.edition]))


def _check_restructured_elsewhere(grant: Grant, event: GrantRestructured, fund: Fund) -> None:
    was_approved(grant, event)
    window_of(event.window or grant.window, fund.editions[event.edition])


def _check_capability_plan(grant: Grant, event: GrantRestructured, fund: Fund) -> None:
    name, planned = event.window or grant.window, event.capabilities_planned or grant.capabilities_planned
    plans_capabilities(name, planned, window_of(name, fund.editions[event.edition]))


def _is_waived(grant: Grant, fund: Fund) -> bool:
    """Return whether the closing date in force comes from an extension that needed its waiver."""
    assert grant.effective_on is not None
    waived_until = grant.waived_closing_date
    span_ends = last_day(grant.effective_on, window_of(grant.window, edition_of(grant, fund)))
    if waived_until is None or span_ends is None:
        return False
    return span_ends < waived_until == grant.closing_date


RULES: Rules = {
    GrantRestructured: Guards(
        invariants=(
            Rule(1, _check_restructuring),
            Rule(2, _check_capability_plan),
            Rule(3, _check_eligibility),
            Rule(3, _check_new_budget),
        ),
        balances=(Rule(3, _check_new_lines_hold), Rule(3, _check_activities)),
        preconditions=(Rule(3, _check_new_capacity),),
        arithmetic=(Rule(2, _check_restructured_elsewhere), Rule(3, _check_new_budget)),
        made_by=_make_restructuring,
        made_in_history=_make_restructuring_elsewhere,
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class RestructuringDraft(Draft):
    """New terms, before the edition in force is added."""

    window: Word | None = None
    """The new window, if it changes."""
    recipients: Countries | None = None
    """All receiving countries from now on, where they change."""
    providers: Countries | None = None
    """All providing countries from now on, where they change."""
    objective: Prose | None = None
    """The new objective, if it changes."""
    institution: Line | None = None
    """The institution from now on, if it changes."""
    institutions: GrantInstitutions | None = None
    """All institutions of the directory from now on, if they change."""
    capabilities_planned: tuple[Capability, ...] | None = None
    """The institution's plan from now on, if it changes."""
    budget: tuple[BudgetLine, ...] | None = Field(default=None, min_length=1, max_length=200)
    """All budget lines from now on, where they change; they add up to the commitment."""
    reason: Reason
    """Why the terms were changed."""


class RestructureGrant(GrantCommand[RestructuringDraft]):
    """Change a grant's terms.

    The edition in force on the day governs the grant from then on.
    """

    BECOMES = GrantRestructured


COMMANDS = (RestructureGrant.spec("grant restructure", "approver", (A, S, E), GRANT),)
"""The commands, as the catalogue lists them."""
