"""From the idea to the promise."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from lifecycle.events.base import GrantEvent, Value
from lifecycle.terms import (
    Advice,
    Amount,
    ByName,
    Countries,
    Country,
    Day,
    Digest,
    ItemId,
    Line,
    Months,
    Outcome,
    Prose,
    Reason,
    Word,
)


class BudgetLine(Value):
    """What a part of the requested money is for."""

    line: Line
    amount: Amount
    capacity: bool = False
    """Counts towards the countries' own capacity to share."""


class Letter(Value):
    """A recipient country's letter that asks for the exchange."""

    country: Country
    ministry: Line
    dated: Day


class GrantProposed(GrantEvent):
    """A country's wish to learn became a proposal.

    Recorded by the task team leader. Read by: register, disbursement, windows, timeline.
    """

    title: Line
    window: Word
    call: ItemId | None = None
    recipients: Countries
    """Who receives know-how."""
    providers: Countries
    """Who gives it."""
    sector: Line
    objective: Prose
    outcomes_sought: tuple[Outcome, ...] = ()
    amount: Amount
    months: Months
    institution: Line | None = None
    """The public institution, for organizational knowledge sharing."""
    operation: Line | None = None
    """The lending operation that the exchange serves."""


class ProposalRevised(GrantEvent):
    """The proposal reads differently: only the changed fields are named.

    Recorded by the task team leader. Read by: register, disbursement, windows.
    """

    title: Line | None = None
    window: Word | None = None
    recipients: Countries | None = None
    providers: Countries | None = None
    sector: Line | None = None
    objective: Prose | None = None
    outcomes_sought: tuple[Outcome, ...] | None = None
    amount: Amount | None = None
    months: Months | None = None
    institution: Line | None = None
    operation: Line | None = None
    reason: Reason | None = None


class ProposalReturned(GrantEvent):
    """The secretariat sent the proposal back to be worked on: it is a proposal again.

    Recorded by the secretariat. Read by: register, timeline.
    """

    reason: Reason


class FundingRequested(GrantEvent):
    """Money was asked for, line by line, with a letter from each recipient country.

    Recorded by the task team leader. Read by: register, timeline, windows.
    """

    amount: Amount
    budget: tuple[BudgetLine, ...] = Field(min_length=1, max_length=200)
    letters: tuple[Letter, ...] = ()


class ProposalReviewed(GrantEvent):
    """A reviewer scored the proposal.

    Recorded by a reviewer who is not its task team leader. Read by: audit history.
    """

    scores: Annotated[dict[Word, Annotated[Decimal, Field(ge=0, le=100)]], ByName]
    """Points by criterion."""
    advice: Advice


class GrantApproved(GrantEvent):
    """The fund promised money. Its pair on the fund is FundsCommitted, in the same transaction.

    Recorded by an approver who did not prepare it. Read by: register, disbursement, windows, timeline, fund.
    """

    amount: Amount
    conditions: tuple[Line, ...] = ()
    """To be met before the agreement is signed."""
    request_digest: Digest
    """Of the exact request that was approved."""
    edition: Line
    """The policy edition in force on the day; it governs the grant for life."""


class ProposalDeclined(GrantEvent):
    """The fund said no. Recorded by an approver. Read by: register, timeline."""

    reason: Reason


class ProposalWithdrawn(GrantEvent):
    """The asker took the proposal back. Recorded by the task team leader. Read by: register, timeline."""

    reason: Reason
