"""Amendments: another title, sector, operation or duration, and other outcomes sought (domain §14)."""

from typing import ClassVar

from lifecycle.fund.establishment import window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import edition_of, fits_months, was_approved
from lifecycle.grant.proposal.request import of_an_operation
from lifecycle.grant.state import Evolves, Grant, MutableGrant
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.likeness import group_key
from lifecycle.kernel.refusals import TERMS, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, A, E, F, S
from lifecycle.types.dates import Months, plus_months
from lifecycle.types.text import Line, Reason
from lifecycle.types.vocabularies import Label, OperationKind, Outcome


class GrantAmended(GrantEvent):
    """Terms of the grant read otherwise from this day. Only the changed ones are named.

    Money, window, countries and closing date are changed by other commands. Recorded by an approver.
    """

    VERSION: ClassVar[int] = 1

    title: Line | None = None
    """The new title, if it changes."""
    sector: Label | None = None
    """The new sector, if it changes. What was drawn from agreements for the earlier one stays drawn."""
    operation: Line | None = None
    """The operation that the exchange serves from now on, if it changes."""
    operation_kind: OperationKind | None = None
    """What the operation gives. If only the operation is named, the kind of the new one is not known."""
    months: Months | None = None
    """How many months the exchange should take in all, if it changes."""
    outcomes_sought: tuple[Outcome, ...] | None = None
    """All capacity outcomes that the exchange aims at from now on, if they change."""
    reason: Reason
    """Why the terms change."""


_AMENDED = tuple(name for name in GrantAmended.model_fields if name not in ("on", "actor", "reason"))


def _grant_amended(grant: MutableGrant, event: GrantAmended) -> None:
    if event.operation not in (None, grant.operation):
        grant.operation_kind = None
    for name in _AMENDED:
        if (value := getattr(event, name)) is not None:
            setattr(grant, name, value)


EVOLVE: Evolves = {GrantAmended: _grant_amended}
"""The function by which each event changes the grant."""


def _check_changed(grant: Grant, event: GrantAmended) -> None:
    after = grant.thaw()
    _grant_amended(after, event)
    changed = {name for name in _AMENDED if getattr(after, name) != getattr(grant, name)}
    if group_key(after.sector) == group_key(grant.sector):
        changed -= {"sector"}  # another spelling is no other sector
    if not changed:
        raise NothingChanged(f"{grant.id} reads so already: name a field that reads differently from now on")


def _check_operation(grant: Grant, event: GrantAmended) -> None:
    of_an_operation(event.operation or grant.operation, event.operation_kind)


class BeyondClosingDate(Refusal, order=TERMS, rule="domain §14: AmendGrant"):
    """The months last longer than the grant, which closes earlier."""


def _check_months(grant: Grant, event: GrantAmended, fund: Fund) -> None:
    if event.months is None:
        return
    # An extension with a waiver lets the grant last longer than its window: the closing date binds alone.
    if grant.waived_closing_date is None or grant.waived_closing_date != grant.closing_date:
        fits_months(grant.window, event.months, window_of(grant.window, edition_of(grant, fund)))
    if grant.effective_on is not None and grant.closing_date is not None:
        ends = plus_months(grant.effective_on, event.months)
        if ends > grant.closing_date:
            raise BeyondClosingDate(
                f"{event.months} months from effectiveness on {grant.effective_on} last until {ends}, and"
                f" the grant closes on {grant.closing_date}: extend the closing date first"
            )


RULES: Rules = {
    GrantAmended: Guards(
        invariants=(Rule(3, _check_operation), Rule(3, _check_months)),
        preconditions=(Rule(3, _check_changed),),
        arithmetic=(Rule(3, was_approved),),
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class AmendGrant(GrantCommand[GrantAmended]):
    """Change a grant's title, sector, operation, months or outcomes sought."""


COMMANDS = (AmendGrant.spec("grant amend", "approver", (A, S, E, F), GRANT),)
"""The commands, as the catalogue lists them."""
