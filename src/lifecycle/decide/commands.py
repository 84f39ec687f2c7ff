"""Every command as a class, and the drafts that some hold.

Written by docs/reference.py from the classes that stand beside the events. Do not edit: run `make docs`.
"""

# fmt: off
from lifecycle.call.call import CloseCall, OpenCall
from lifecycle.decide.correction.correct_entry import CallCorrection, CorrectCallEntry, CorrectDirectoryEntry, CorrectEntry, CorrectFundEntry, DirectoryCorrection, FundCorrection, GrantCorrection
from lifecycle.decide.quarantined_rows import AnswerQuarantineDraft, QuarantineAnswer, QuarantineRow, RowQuarantineDraft
from lifecycle.directory.experience import MeetNeed, OfferExperience, RecordUse, VoiceNeed, WithdrawOffer
from lifecycle.directory.institutions import RegisterInstitution, RenameInstitution
from lifecycle.fund.closing import CloseFund
from lifecycle.fund.contributions import AgreeContribution, HoldConsultation, JoinPartner, PledgeContribution, ReceiveInstalment, ScheduleInstalment
from lifecycle.fund.establishment import AdoptPolicy, AttachFundDocument, EstablishFund, SwitchSealing
from lifecycle.fund.officers import AppointOfficer, RetireOfficer
from lifecycle.fund.partners.donor_reports import SubmitDonorReport
from lifecycle.fund.partners.membership import LeavePartner, RenamePartner
from lifecycle.fund.partners.partner_waivers import WaiveFundObligation
from lifecycle.fund.partners.pledges import MeetPledgeCondition
from lifecycle.fund.pools.agreements import AmendContribution
from lifecycle.fund.pools.set_asides import ReleaseSetAside, SetAside
from lifecycle.fund.treasury import ChargeFee, CreditIncome, ReturnFunds
from lifecycle.grant.agreement import LapseGrant, MakeEffective, MeetCondition, SignAgreement
from lifecycle.grant.amendment.amendment import CancelBalance, CancelGrant, ExtendClosingDate, IncreaseCommitment, LiftSuspension, SuspendGrant
from lifecycle.grant.amendment.new_terms import AmendGrant
from lifecycle.grant.amendment.restructuring import RestructureGrant, RestructuringDraft
from lifecycle.grant.amendment.team import AssignLeader
from lifecycle.grant.closure import AttachDocument, CloseGrant, ReopenGrant, WaiveObligation
from lifecycle.grant.exchange import ActivityHeldDraft, CancelActivity, EngageExpert, HoldActivity, InvolveParty, PlanActivity, RescheduleActivity
from lifecycle.grant.follow_up import AgreeFollowUp, CompleteFollowUp, DropFollowUp, FinanceFollowUp, HandOverFollowUp
from lifecycle.grant.payment.disbursement import DisburseFunds, FailPayment
from lifecycle.grant.payment.documentation import DocumentExpenditure
from lifecycle.grant.payment.irregular import RecordIrregularPayment
from lifecycle.grant.payment.other_money import RecordCoFinancing, RecordCost
from lifecycle.grant.payment.reallocation import ReallocateBudget
from lifecycle.grant.payment.refund import RecordRefund
from lifecycle.grant.payment.request import AuthorisePayment, RejectPayment, RequestPayment
from lifecycle.grant.proposal.brought_forward import BringForward
from lifecycle.grant.proposal.clearance import ClearProposal
from lifecycle.grant.proposal.request import ProposeGrant, RequestFunding, ReturnProposal, ReviseProposal, WithdrawProposal
from lifecycle.grant.proposal.review import ApprovalDraft, ApproveGrant, DeclineProposal, ReviewProposal
from lifecycle.grant.results.indicators import MeasureIndicator, SetIndicator
from lifecycle.grant.results.reporting import AcceptCompletionReport, CompleteImplementation, PublishResultsStory, ReachCapability, RecordDevelopmentOutcome, RecordLesson, ReportOutcomes, ReportProgress, SubmitCompletionReport
from lifecycle.grant.results.surveys import RecordClientSurvey
from lifecycle.kernel.command import CallCommand, Command, DirectoryCommand, FundCommand, GrantCommand

GRANT: tuple[type[GrantCommand], ...] = (
    ProposeGrant,
    ReviseProposal,
    ReturnProposal,
    RequestFunding,
    WithdrawProposal,
    ClearProposal,
    ReviewProposal,
    ApproveGrant,
    DeclineProposal,
    BringForward,
    MeetCondition,
    SignAgreement,
    MakeEffective,
    LapseGrant,
    InvolveParty,
    EngageExpert,
    PlanActivity,
    RescheduleActivity,
    CancelActivity,
    HoldActivity,
    RequestPayment,
    AuthorisePayment,
    RejectPayment,
    DisburseFunds,
    FailPayment,
    RecordRefund,
    RecordIrregularPayment,
    RecordCoFinancing,
    RecordCost,
    ReallocateBudget,
    DocumentExpenditure,
    ExtendClosingDate,
    IncreaseCommitment,
    CancelBalance,
    SuspendGrant,
    LiftSuspension,
    CancelGrant,
    RestructureGrant,
    AssignLeader,
    AmendGrant,
    ReportProgress,
    CompleteImplementation,
    ReportOutcomes,
    RecordLesson,
    ReachCapability,
    SubmitCompletionReport,
    AcceptCompletionReport,
    PublishResultsStory,
    RecordDevelopmentOutcome,
    RecordClientSurvey,
    SetIndicator,
    MeasureIndicator,
    AgreeFollowUp,
    FinanceFollowUp,
    CompleteFollowUp,
    DropFollowUp,
    HandOverFollowUp,
    WaiveObligation,
    CloseGrant,
    ReopenGrant,
    AttachDocument,
    CorrectEntry,
)
"""Commands on a grant."""
CALL: tuple[type[CallCommand], ...] = (
    OpenCall,
    CloseCall,
    CorrectCallEntry,
)
"""Commands on a call."""
FUND: tuple[type[FundCommand], ...] = (
    EstablishFund,
    AdoptPolicy,
    SwitchSealing,
    AttachFundDocument,
    AppointOfficer,
    RetireOfficer,
    JoinPartner,
    HoldConsultation,
    PledgeContribution,
    AgreeContribution,
    ScheduleInstalment,
    ReceiveInstalment,
    AmendContribution,
    MeetPledgeCondition,
    RenamePartner,
    LeavePartner,
    SubmitDonorReport,
    WaiveFundObligation,
    ChargeFee,
    CreditIncome,
    ReturnFunds,
    SetAside,
    ReleaseSetAside,
    CloseFund,
    CorrectFundEntry,
)
"""Commands on the fund's own stream."""
DIRECTORY: tuple[type[DirectoryCommand], ...] = (
    RegisterInstitution,
    RenameInstitution,
    OfferExperience,
    WithdrawOffer,
    VoiceNeed,
    MeetNeed,
    RecordUse,
    CorrectDirectoryEntry,
)
"""Commands on the directory."""
BY_NAME: dict[str, dict[str, type[Command]]] = {
    about: {command.NAME: command for command in commands}
    for about, commands in (("grant", GRANT), ("fund", FUND), ("call", CALL), ("directory", DIRECTORY))
}
"""By what the command is about, and by its name."""

__all__ = [
    "AcceptCompletionReport",
    "ActivityHeldDraft",
    "AdoptPolicy",
    "AgreeContribution",
    "AgreeFollowUp",
    "AmendContribution",
    "AmendGrant",
    "AnswerQuarantineDraft",
    "AppointOfficer",
    "ApprovalDraft",
    "ApproveGrant",
    "AssignLeader",
    "AttachDocument",
    "AttachFundDocument",
    "AuthorisePayment",
    "BringForward",
    "CallCorrection",
    "CancelActivity",
    "CancelBalance",
    "CancelGrant",
    "ChargeFee",
    "ClearProposal",
    "CloseCall",
    "CloseFund",
    "CloseGrant",
    "CompleteFollowUp",
    "CompleteImplementation",
    "CorrectCallEntry",
    "CorrectDirectoryEntry",
    "CorrectEntry",
    "CorrectFundEntry",
    "CreditIncome",
    "DeclineProposal",
    "DirectoryCorrection",
    "DisburseFunds",
    "DocumentExpenditure",
    "DropFollowUp",
    "EngageExpert",
    "EstablishFund",
    "ExtendClosingDate",
    "FailPayment",
    "FinanceFollowUp",
    "FundCorrection",
    "GrantCorrection",
    "HandOverFollowUp",
    "HoldActivity",
    "HoldConsultation",
    "IncreaseCommitment",
    "InvolveParty",
    "JoinPartner",
    "LapseGrant",
    "LeavePartner",
    "LiftSuspension",
    "MakeEffective",
    "MeasureIndicator",
    "MeetCondition",
    "MeetNeed",
    "MeetPledgeCondition",
    "OfferExperience",
    "OpenCall",
    "PlanActivity",
    "PledgeContribution",
    "ProposeGrant",
    "PublishResultsStory",
    "QuarantineAnswer",
    "QuarantineRow",
    "ReachCapability",
    "ReallocateBudget",
    "ReceiveInstalment",
    "RecordClientSurvey",
    "RecordCoFinancing",
    "RecordCost",
    "RecordDevelopmentOutcome",
    "RecordIrregularPayment",
    "RecordLesson",
    "RecordRefund",
    "RecordUse",
    "RegisterInstitution",
    "RejectPayment",
    "ReleaseSetAside",
    "RenameInstitution",
    "RenamePartner",
    "ReopenGrant",
    "ReportOutcomes",
    "ReportProgress",
    "RequestFunding",
    "RequestPayment",
    "RescheduleActivity",
    "RestructureGrant",
    "RestructuringDraft",
    "RetireOfficer",
    "ReturnFunds",
    "ReturnProposal",
    "ReviewProposal",
    "ReviseProposal",
    "RowQuarantineDraft",
    "ScheduleInstalment",
    "SetAside",
    "SetIndicator",
    "SignAgreement",
    "SubmitCompletionReport",
    "SubmitDonorReport",
    "SuspendGrant",
    "SwitchSealing",
    "VoiceNeed",
    "WaiveFundObligation",
    "WaiveObligation",
    "WithdrawOffer",
    "WithdrawProposal",
]
