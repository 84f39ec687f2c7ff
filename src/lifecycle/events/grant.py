"""The facts of one grant, in order of life: from proposal to the outcome years later."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from lifecycle.events.base import DocumentAttached, EntryCorrected, GrantEvent, Value
from lifecycle.terms import (
    Advice,
    Amount,
    Capability,
    CoFinancingKind,
    Cost,
    CostPurpose,
    Country,
    Day,
    Digest,
    Instrument,
    ItemId,
    Line,
    Outcome,
    Prose,
    Reason,
    Result,
    Scope,
    TimeZone,
    Word,
)

Countries = Annotated[tuple[Country, ...], Field(min_length=1, max_length=120)]
Months = Annotated[int, Field(ge=1, le=600, strict=True)]
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


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


class Site(Value):
    """A place that takes part in an activity, with its own clock."""

    site: Line
    time_zone: TimeZone


class Participants(Value):
    """How many took part from one country. Counts only: no persons."""

    country: Country
    women: Count = 0
    men: Count = 0
    not_stated: Count = 0


# ── proposal ─────────────────────────────────────────────────────────────────────────────────


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

    scores: dict[Word, Annotated[Decimal, Field(ge=0, le=100)]]
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


# ── agreement ────────────────────────────────────────────────────────────────────────────────


class ConditionMet(GrantEvent):
    """A condition of the approval is met. Recorded by the secretariat. Read by: audit history."""

    condition: Line


class AgreementSigned(GrantEvent):
    """The grant agreement was signed. Recorded by the secretariat. Read by: register, timeline."""


class GrantMadeEffective(GrantEvent):
    """Money may flow from this day. Recorded by the secretariat.

    Read by: register, disbursement, windows, timeline.
    """

    closing_date: Day
    """Last day for activities."""


class GrantLapsed(GrantEvent):
    """The approval ran out unused. Its pair on the fund is CommitmentReleased.

    Recorded by an approver. Read by: register, disbursement, timeline, fund.
    """

    reason: Reason | None = None


# ── exchange activities ──────────────────────────────────────────────────────────────────────


class _Dated(GrantEvent):
    """With a first and a last day."""

    starts: Day
    ends: Day

    @model_validator(mode="after")
    def _in_order(self) -> "_Dated":
        if self.ends < self.starts:
            raise ValueError(f"ends on {self.ends}, before it starts on {self.starts}")
        return self


class ActivityPlanned(_Dated):
    """An exchange activity was put on the calendar.

    Recorded by the task team leader. Read by: windows, timeline.
    """

    activity: ItemId
    instrument: Instrument
    countries: Countries
    budget: Cost | None = None
    sites: tuple[Site, ...] = ()


class ActivityRescheduled(_Dated):
    """It is to be held on other days. The superseded due date is kept.

    Recorded by the task team leader. Read by: timeline.
    """

    activity: ItemId
    reason: Reason | None = None


class ActivityCancelled(GrantEvent):
    """It will not be held. Recorded by the task team leader. Read by: windows, timeline."""

    activity: ItemId
    reason: Reason | None = None


class ActivityHeld(_Dated):
    """It was held: a fact, however late. Recorded by the task team leader. Read by: windows, timeline."""

    activity: ItemId
    participants: tuple[Participants, ...] = ()
    cost: Cost | None = None
    lessons: Prose | None = None


# ── payments ─────────────────────────────────────────────────────────────────────────────────


class PaymentRequested(GrantEvent):
    """A payment was asked for. Recorded by the task team leader. Read by: disbursement."""

    payment: ItemId
    payee: Line
    category: Line
    amount: Amount


class PaymentAuthorised(GrantEvent):
    """Finance allowed it. Recorded by an officer who did not ask for it. Read by: audit history."""

    payment: ItemId
    amount: Amount | None = None
    """At most what was asked; all of it where not said."""


class PaymentRejected(GrantEvent):
    """Finance said no. Recorded by an officer who did not ask for it. Read by: disbursement."""

    payment: ItemId
    reason: Reason


class FundsDisbursed(GrantEvent):
    """Money left the fund for a payee. One disbursement finishes a payment.

    Recorded by finance: a third officer. Read by: register, disbursement, timeline.
    """

    payment: ItemId
    amount: Amount
    """In the grant's currency; at most what was authorised."""
    paid_amount: Amount | None = None
    """What the payee received, where it was paid in another currency."""
    rate: Annotated[Decimal, Field(gt=0, max_digits=24)] | None = None
    """Units of the paid currency for one unit of the grant's."""


class PaymentFailed(GrantEvent):
    """The bank could not carry it out: what had been disbursed of it is undone on this day.

    Recorded by finance. Read by: disbursement, timeline.
    """

    payment: ItemId
    reason: Reason | None = None


class RefundReceived(GrantEvent):
    """Money came back. Recorded by finance. Read by: disbursement, timeline."""

    payment: ItemId
    amount: Amount
    reason: Reason | None = None


class IrregularPaymentRecorded(GrantEvent):
    """The bank paid in breach of a rule: it counts as disbursed and is shown as a breach.

    Recorded by an approver. Read by: disbursement, windows, timeline.
    """

    payment: ItemId
    payee: Line
    amount: Amount
    rule: Line
    """Which rule was broken."""
    reason: Reason


class CoFinancingRecorded(GrantEvent):
    """Somebody else paid a part. Recorded by the task team leader. Read by: audit history."""

    kind: CoFinancingKind
    source: Line | None = None
    amount: Amount


class CostRecorded(GrantEvent):
    """What it cost to prepare or supervise the grant. Recorded by the task team leader."""

    purpose: CostPurpose
    amount: Amount


# ── changes ──────────────────────────────────────────────────────────────────────────────────


class ClosingDateExtended(GrantEvent):
    """The last day for activities moved; due dates move with it and the old ones are kept.

    Recorded by an approver. Read by: register, windows, timeline, disbursement.
    """

    closing_date: Day
    reason: Reason
    waiver: Reason | None = None
    """Why it may go beyond the window's span."""


class GrantRestructured(GrantEvent):
    """The grant's terms were redrawn; from this day the edition then in force governs it.

    Recorded by an approver. Read by: register, disbursement, windows, timeline.
    """

    window: Word | None = None
    recipients: Countries | None = None
    providers: Countries | None = None
    objective: Prose | None = None
    institution: Line | None = None
    reason: Reason
    edition: Line


class CommitmentIncreased(GrantEvent):
    """More was promised. Its pair on the fund has the same name.

    Recorded by an approver. Read by: disbursement, windows, fund.
    """

    amount: Amount
    reason: Reason | None = None


class BalanceCancelled(GrantEvent):
    """A part of the undisbursed balance went back to the fund, as CommitmentReleased there.

    Recorded by an approver. Read by: disbursement, timeline, fund.
    """

    amount: Amount
    reason: Reason


class GrantSuspended(GrantEvent):
    """Payments, activities or both stand still. Recorded by an approver. Read by: register."""

    VERSION: ClassVar[int] = 2

    scope: Scope
    reason: Reason


class SuspensionLifted(GrantEvent):
    """They may go on from this day. Recorded by an approver. Read by: register."""

    scope: Scope | None = None
    """Which suspension; every one where not said."""
    reason: Reason | None = None


class GrantCancelled(GrantEvent):
    """The fund ended the grant; what was undisbursed went back to the fund.

    Recorded by an approver. Read by: register, disbursement, timeline, fund.
    """

    reason: Reason


# ── results ──────────────────────────────────────────────────────────────────────────────────


class ProgressReported(GrantEvent):
    """A progress report arrived. Recorded by the task team leader. Read by: timeline."""

    period: Line
    rating: Word
    narrative: Prose


class ImplementationCompleted(GrantEvent):
    """All activities are done; follow-up begins. Recorded by the task team leader.

    Read by: register, windows, timeline.
    """


class OutcomesReported(GrantEvent):
    """What capacity was built, with the evidence. Recorded by the task team leader."""

    outcomes: dict[Outcome, Prose] = Field(default_factory=dict)
    """Outcome to its evidence."""
    results: dict[Result, Prose] = Field(default_factory=dict)
    """Concrete results beyond capacity, with what they are."""


class CapabilityReached(GrantEvent):
    """An institution can now do it by itself. Recorded by the task team leader. Read by: windows."""

    capability: Capability
    evidence: Prose | None = None


class FollowUpAgreed(GrantEvent):
    """Somebody promised to do something by a day. Recorded by the task team leader. Read by: timeline."""

    follow_up: ItemId
    action: Line
    owner: Line
    due: Day
    finance_needed: Cost | None = None


class FollowUpCompleted(GrantEvent):
    """It was done. Recorded by the task team leader. Read by: timeline."""

    follow_up: ItemId
    evidence: Prose | None = None


class FollowUpDropped(GrantEvent):
    """It will not be done. Recorded by the task team leader. Read by: timeline."""

    follow_up: ItemId
    reason: Reason


class FollowUpHandedOver(GrantEvent):
    """Somebody else sees to it, also after closure. Recorded by the task team leader. Read by: timeline."""

    follow_up: ItemId
    to: Line


class CompletionReportSubmitted(GrantEvent):
    """The completion report was handed in. Recorded by the task team leader."""

    summary: Prose
    lessons: Prose | None = None


class CompletionReportAccepted(GrantEvent):
    """The secretariat took it. Recorded by an officer who did not submit it. Read by: timeline."""


class ClientSurveyRecorded(GrantEvent):
    """The recipients were asked. Recorded by the secretariat. Read by: timeline."""

    respondents: Count
    satisfaction: Annotated[Decimal, Field(ge=0, le=10)] | None = None
    """Mean of the answers, on the survey's own scale."""


class ResultsStoryPublished(GrantEvent):
    """The story of what came of it was published. Recorded by the secretariat. Read by: timeline."""

    title: Line
    summary: Prose
    url: Line | None = None


class DevelopmentOutcomeRecorded(GrantEvent):
    """What changed in the country, years later. Recorded by the secretariat. Read by: timeline."""

    title: Line | None = None
    summary: Prose
    url: Line | None = None


# ── closure ──────────────────────────────────────────────────────────────────────────────────


class ObligationWaived(GrantEvent):
    """An obligation need not be met. Recorded by an approver. Read by: timeline."""

    obligation: Word
    item: ItemId | None = None
    """Which one, where there are several: an activity, a follow-up, a number."""
    reason: Reason


class GrantClosed(GrantEvent):
    """The books of the grant are closed. Recorded by an approver. Read by: register, timeline."""


class GrantReopened(GrantEvent):
    """A closed grant is worked on again; the earlier closure stays visible.

    Recorded by an approver. Read by: register, timeline.
    """

    reason: Reason


EVENTS: tuple[type[GrantEvent], ...] = (
    GrantProposed,
    ProposalRevised,
    ProposalReturned,
    FundingRequested,
    ProposalReviewed,
    GrantApproved,
    ProposalDeclined,
    ProposalWithdrawn,
    ConditionMet,
    AgreementSigned,
    GrantMadeEffective,
    GrantLapsed,
    ActivityPlanned,
    ActivityRescheduled,
    ActivityCancelled,
    ActivityHeld,
    PaymentRequested,
    PaymentAuthorised,
    PaymentRejected,
    FundsDisbursed,
    PaymentFailed,
    RefundReceived,
    IrregularPaymentRecorded,
    CoFinancingRecorded,
    CostRecorded,
    ClosingDateExtended,
    GrantRestructured,
    CommitmentIncreased,
    BalanceCancelled,
    GrantSuspended,
    SuspensionLifted,
    GrantCancelled,
    ProgressReported,
    ImplementationCompleted,
    OutcomesReported,
    CapabilityReached,
    FollowUpAgreed,
    FollowUpCompleted,
    FollowUpDropped,
    FollowUpHandedOver,
    CompletionReportSubmitted,
    CompletionReportAccepted,
    ClientSurveyRecorded,
    ResultsStoryPublished,
    DevelopmentOutcomeRecorded,
    ObligationWaived,
    GrantClosed,
    GrantReopened,
    EntryCorrected,
    DocumentAttached,
)
"""Every fact a grant's stream can hold, in order of life."""
