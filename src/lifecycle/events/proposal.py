"""From the idea to the promise."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from lifecycle.kernel.event import GrantEvent, Value
from lifecycle.types.terms import (
    Advice,
    ByName,
    Capability,
    Cost,
    Countries,
    Country,
    Day,
    Digest,
    ItemId,
    Label,
    Line,
    Months,
    Outcome,
    Prose,
    Reason,
    Word,
)


class BudgetLine(Value):
    """What a part of the requested money is for."""

    line: Label
    """What the money is for."""
    amount: Cost
    """In the holding currency; zero if it costs the fund nothing."""
    capacity: bool = False
    """Counts towards the countries' own capacity to share."""


class Letter(Value):
    """A recipient country's letter that asks for the exchange."""

    country: Country
    """The recipient country that asks; ISO 3166-1 alpha-2."""
    ministry: Line
    """Who signed for it."""
    dated: Day
    """The letter's own date."""


class GrantProposed(GrantEvent):
    """A country's wish to learn became a proposal.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 2

    title: Line
    """What the exchange is called."""
    window: Word
    """A window of the fund's policy."""
    call: ItemId | None = None
    """The call for proposals that it answers."""
    recipients: Countries
    """Who receives know-how."""
    providers: Countries
    """Who gives it."""
    sector: Label
    """As the fund names its sectors."""
    objective: Prose
    """What the countries want to achieve."""
    outcomes_sought: tuple[Outcome, ...] = ()
    """Capacity outcomes aimed at."""
    amount: Cost
    """What it may cost; in the holding currency. Zero for support that costs the fund nothing."""
    months: Months
    """How long it should take."""
    institution: Line | None = None
    """The public institution, for organizational knowledge sharing."""
    capabilities_planned: tuple[Capability, ...] = ()
    """What the institution plans to be able to do, for organizational knowledge sharing."""
    operation: Line | None = None
    """The lending operation that the exchange serves."""


class ProposalRevised(GrantEvent):
    """The proposal reads differently: only the changed fields are named.

    Recorded by the task team leader.
    """

    VERSION: ClassVar[int] = 2

    title: Line | None = None
    """As it reads now, where it changes."""
    window: Word | None = None
    """As it reads now, where it changes."""
    recipients: Countries | None = None
    """As it reads now, where it changes."""
    providers: Countries | None = None
    """As it reads now, where it changes."""
    sector: Label | None = None
    """As it reads now, where it changes."""
    objective: Prose | None = None
    """As it reads now, where it changes."""
    outcomes_sought: tuple[Outcome, ...] | None = None
    """As it reads now, where it changes."""
    amount: Cost | None = None
    """As it reads now, where it changes."""
    months: Months | None = None
    """As it reads now, where it changes."""
    institution: Line | None = None
    """As it reads now, where it changes."""
    capabilities_planned: tuple[Capability, ...] | None = None
    """As it reads now, where it changes."""
    operation: Line | None = None
    """As it reads now, where it changes."""
    reason: Reason | None = None
    """Why it changes."""


class ProposalReturned(GrantEvent):
    """The secretariat sent the proposal back to be worked on: it is a proposal again.

    Recorded by the secretariat.
    """

    reason: Reason
    """What has to be worked on."""


class FundingRequested(GrantEvent):
    """Money was asked for, line by line, with a letter from each recipient country.

    Recorded by the task team leader.
    """

    amount: Cost
    """In the holding currency; the sum of the lines."""
    budget: tuple[BudgetLine, ...] = Field(min_length=1, max_length=200)
    """What it is made up of."""
    letters: tuple[Letter, ...] = ()
    """One from each recipient country."""


class ProposalReviewed(GrantEvent):
    """A reviewer scored the proposal.

    Recorded by a reviewer who is not its task team leader.
    """

    scores: Annotated[dict[Word, Annotated[Decimal, Field(ge=0, le=100)]], ByName]
    """Points by criterion: of a proposal that answers a call, by each of the call's criteria."""
    advice: Advice
    """What the reviewer would do."""


class GrantApproved(GrantEvent):
    """The fund promised money, or support that costs it nothing.

    Its pair on the fund is FundsCommitted, in the same transaction; of an amount of zero there is none.

    Recorded by an approver who did not prepare it.
    """

    amount: Cost
    """The commitment; in the holding currency."""
    conditions: tuple[Line, ...] = ()
    """To be met before the agreement is signed."""
    request_digest: Digest
    """Of the exact request that was approved."""
    edition: Line
    """The policy edition in force on the day; it governs the grant for life."""


class ProposalDeclined(GrantEvent):
    """The fund said no. Recorded by an approver."""

    reason: Reason
    """Why not."""


class ProposalWithdrawn(GrantEvent):
    """The asker took the proposal back. Recorded by the task team leader."""

    reason: Reason
    """Why it was taken back."""
