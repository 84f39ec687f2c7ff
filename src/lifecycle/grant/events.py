"""The events of a grant in one module, so that other rooms import them by name."""

from lifecycle.grant.agreement import AgreementSigned, ConditionMet, GrantLapsed, GrantMadeEffective
from lifecycle.grant.amendment.amendment import (
    BalanceCancelled,
    ClosingDateExtended,
    CommitmentIncreased,
    GrantCancelled,
    GrantSuspended,
    SuspensionLifted,
)
from lifecycle.grant.amendment.new_terms import GrantAmended
from lifecycle.grant.amendment.restructuring import GrantRestructured
from lifecycle.grant.amendment.team import LeaderAssigned
from lifecycle.grant.budget.line_amounts import LineAmount
from lifecycle.grant.closure import GrantClosed, GrantReopened, ObligationWaived
from lifecycle.grant.evolve import EVOLVE
from lifecycle.grant.exchange import (
    ActivityCancelled,
    ActivityHeld,
    ActivityPlanned,
    ActivityRescheduled,
    ExpertEngaged,
    Participants,
    PartyInvolved,
    Site,
)
from lifecycle.grant.follow_up import (
    FollowUpAgreed,
    FollowUpCompleted,
    FollowUpDropped,
    FollowUpFinanced,
    FollowUpHandedOver,
)
from lifecycle.grant.payment.disbursement import FundsDisbursed, PaymentFailed
from lifecycle.grant.payment.documentation import ExpenditureDocumented
from lifecycle.grant.payment.irregular import IrregularPaymentRecorded
from lifecycle.grant.payment.other_money import CoFinancingRecorded, CostRecorded
from lifecycle.grant.payment.reallocation import BudgetReallocated
from lifecycle.grant.payment.refund import RefundPart, RefundReceived
from lifecycle.grant.payment.request import PaymentAuthorised, PaymentRejected, PaymentRequested
from lifecycle.grant.proposal.brought_forward import GrantBroughtForward, LineBroughtForward
from lifecycle.grant.proposal.clearance import ProposalCleared
from lifecycle.grant.proposal.request import (
    FundingRequested,
    GrantProposed,
    ProposalReturned,
    ProposalRevised,
    ProposalWithdrawn,
)
from lifecycle.grant.proposal.review import GrantApproved, ProposalDeclined, ProposalReviewed
from lifecycle.grant.proposal.terms import BudgetLine, Letter
from lifecycle.grant.results.indicators import IndicatorMeasured, IndicatorSet
from lifecycle.grant.results.reporting import (
    CapabilityReached,
    CompletionReportAccepted,
    CompletionReportSubmitted,
    DevelopmentOutcomeRecorded,
    ImplementationCompleted,
    LessonRecorded,
    OutcomesReported,
    ProgressReported,
    ResultsStoryPublished,
)
from lifecycle.grant.results.surveys import ClientSurveyRecorded, SurveyAnswer
from lifecycle.kernel.event import DocumentAttached, EntryCorrected, Event

EVENTS: tuple[type[Event], ...] = (*EVOLVE, EntryCorrected)
"""Every event that a grant's stream can hold, stage by stage; the correction is folded by `history`."""

__all__ = [
    "ActivityCancelled",
    "ActivityHeld",
    "ActivityPlanned",
    "ActivityRescheduled",
    "AgreementSigned",
    "BalanceCancelled",
    "BudgetLine",
    "BudgetReallocated",
    "CapabilityReached",
    "ClientSurveyRecorded",
    "ClosingDateExtended",
    "CoFinancingRecorded",
    "CommitmentIncreased",
    "CompletionReportAccepted",
    "CompletionReportSubmitted",
    "ConditionMet",
    "CostRecorded",
    "DevelopmentOutcomeRecorded",
    "DocumentAttached",
    "EntryCorrected",
    "ExpenditureDocumented",
    "ExpertEngaged",
    "FollowUpAgreed",
    "FollowUpCompleted",
    "FollowUpDropped",
    "FollowUpFinanced",
    "FollowUpHandedOver",
    "FundingRequested",
    "FundsDisbursed",
    "GrantAmended",
    "GrantApproved",
    "GrantBroughtForward",
    "GrantCancelled",
    "GrantClosed",
    "GrantLapsed",
    "GrantMadeEffective",
    "GrantProposed",
    "GrantReopened",
    "GrantRestructured",
    "GrantSuspended",
    "ImplementationCompleted",
    "IndicatorMeasured",
    "IndicatorSet",
    "IrregularPaymentRecorded",
    "LeaderAssigned",
    "LessonRecorded",
    "Letter",
    "LineAmount",
    "LineBroughtForward",
    "ObligationWaived",
    "OutcomesReported",
    "Participants",
    "PartyInvolved",
    "PaymentAuthorised",
    "PaymentFailed",
    "PaymentRejected",
    "PaymentRequested",
    "ProgressReported",
    "ProposalCleared",
    "ProposalDeclined",
    "ProposalReturned",
    "ProposalReviewed",
    "ProposalRevised",
    "ProposalWithdrawn",
    "RefundPart",
    "RefundReceived",
    "ResultsStoryPublished",
    "Site",
    "SurveyAnswer",
    "SuspensionLifted",
]
