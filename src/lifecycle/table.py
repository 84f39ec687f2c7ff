"""The one table of commands: who may give each, when, in which words, and what it becomes.

Plain text with no imports, so that the shell can answer ``--help`` from it at once; the permission
check, the stage check and the generated reference read the same rows. Source: domain §3.
"""

from typing import NamedTuple

P, R, A, S, E, F, C = "proposed requested approved signed effective follow_up closed".split()
ANY = ("proposed", "requested", "approved", "signed", "effective", "follow_up", "closed") + (
    "declined",
    "withdrawn",
    "lapsed",
    "cancelled",
)
NEW = ("",)
"""The grant is not there yet."""


class Row(NamedTuple):
    """One command."""

    name: str
    words: str
    """What is typed after ``grantbook``."""
    role: str
    """Whose act it is; ``any`` for every officer."""
    stages: tuple[str, ...]
    """In which of a grant's stages; empty for commands on the fund."""
    event: str
    """The fact that it becomes."""
    help: str
    arguments: tuple[str, ...] = ()
    """Fields that are given by place, not as options."""


_GRANT = ("grant",)
_ACTIVITY = ("grant", "activity")
_PAYMENT = ("grant", "payment")
_FOLLOW_UP = ("grant", "follow_up")

GRANT_COMMANDS = (
    Row("ProposeGrant", "grant propose", "ttl", NEW, "GrantProposed", "Put a proposal forward.", _GRANT),
    Row("ReviseProposal", "grant revise", "ttl", (P, R), "ProposalRevised", "Change a proposal.", _GRANT),
    Row(
        "ReturnProposal",
        "grant return",
        "secretariat",
        (P, R),
        "ProposalReturned",
        "Send a proposal back.",
        _GRANT,
    ),
    Row(
        "RequestFunding",
        "grant request",
        "ttl",
        (P,),
        "FundingRequested",
        "Ask for money, with budget and letters.",
        _GRANT,
    ),
    Row("ReviewProposal", "grant review", "reviewer", (R,), "ProposalReviewed", "Score a proposal.", _GRANT),
    Row(
        "ApproveGrant",
        "grant approve",
        "approver",
        (R,),
        "GrantApproved",
        "Promise money; the fund is charged.",
        _GRANT,
    ),
    Row(
        "DeclineProposal", "grant decline", "approver", (P, R), "ProposalDeclined", "Refuse a proposal.", _GRANT
    ),
    Row(
        "WithdrawProposal",
        "grant withdraw",
        "ttl",
        (P, R),
        "ProposalWithdrawn",
        "Take a proposal back.",
        _GRANT,
    ),
    Row(
        "MeetCondition",
        "grant meet-condition",
        "secretariat",
        (A, S),
        "ConditionMet",
        "Record a condition as met.",
        _GRANT,
    ),
    Row("SignAgreement", "grant sign", "secretariat", (A,), "AgreementSigned", "Sign the agreement.", _GRANT),
    Row(
        "MakeEffective",
        "grant make-effective",
        "secretariat",
        (A, S),
        "GrantMadeEffective",
        "Let money flow, until a closing date.",
        _GRANT,
    ),
    Row(
        "LapseGrant",
        "grant lapse",
        "approver",
        (A, S),
        "GrantLapsed",
        "End an approval that was never used.",
        _GRANT,
    ),
    Row(
        "PlanActivity", "activity plan", "ttl", (A, S, E), "ActivityPlanned", "Plan an exchange.", _ACTIVITY
    ),
    Row(
        "RescheduleActivity",
        "activity reschedule",
        "ttl",
        (A, S, E),
        "ActivityRescheduled",
        "Move it to other days.",
        _ACTIVITY,
    ),
    Row(
        "CancelActivity",
        "activity cancel",
        "ttl",
        (A, S, E),
        "ActivityCancelled",
        "Call it off.",
        _ACTIVITY,
    ),
    Row(
        "HoldActivity",
        "activity hold",
        "ttl",
        (E, F),
        "ActivityHeld",
        "Record that it was held.",
        _ACTIVITY,
    ),
    Row(
        "RequestPayment", "payment request", "ttl", (E, F), "PaymentRequested", "Ask for a payment.", _PAYMENT
    ),
    Row(
        "AuthorisePayment",
        "payment authorise",
        "finance",
        (E, F),
        "PaymentAuthorised",
        "Allow a payment.",
        _PAYMENT,
    ),
    Row(
        "RejectPayment",
        "payment reject",
        "finance",
        (E, F),
        "PaymentRejected",
        "Refuse a payment.",
        _PAYMENT,
    ),
    Row(
        "DisburseFunds",
        "payment disburse",
        "finance",
        (E, F),
        "FundsDisbursed",
        "Pay an authorised payment.",
        _PAYMENT,
    ),
    Row(
        "FailPayment",
        "payment fail",
        "finance",
        (E, F, C),
        "PaymentFailed",
        "Record that the bank could not pay.",
        _PAYMENT,
    ),
    Row(
        "RecordRefund",
        "payment refund",
        "finance",
        (E, F, C),
        "RefundReceived",
        "Record money that came back.",
        _PAYMENT,
    ),
    Row(
        "RecordIrregularPayment",
        "payment irregular",
        "approver",
        (E, F, C),
        "IrregularPaymentRecorded",
        "Record what the bank paid in breach.",
        _PAYMENT,
    ),
    Row(
        "RecordCoFinancing",
        "grant co-finance",
        "ttl",
        ANY,
        "CoFinancingRecorded",
        "Record what others paid.",
        _GRANT,
    ),
    Row(
        "RecordCost",
        "grant cost",
        "ttl",
        ANY,
        "CostRecorded",
        "Record the cost of preparing or supervising.",
        _GRANT,
    ),
    Row(
        "ExtendClosingDate",
        "grant extend",
        "approver",
        (E,),
        "ClosingDateExtended",
        "Move the closing date.",
        _GRANT,
    ),
    Row(
        "RestructureGrant",
        "grant restructure",
        "approver",
        (A, S, E),
        "GrantRestructured",
        "Redraw a grant's terms.",
        _GRANT,
    ),
    Row(
        "IncreaseCommitment",
        "grant increase",
        "approver",
        (A, S, E, F, C),
        "CommitmentIncreased",
        "Promise more.",
        _GRANT,
    ),
    Row(
        "CancelBalance",
        "grant cancel-balance",
        "approver",
        (A, S, E, F, C),
        "BalanceCancelled",
        "Give undisbursed money back to the fund.",
        _GRANT,
    ),
    Row(
        "SuspendGrant",
        "grant suspend",
        "approver",
        (A, S, E, F),
        "GrantSuspended",
        "Stop payments or activities.",
        _GRANT,
    ),
    Row(
        "LiftSuspension",
        "grant lift",
        "approver",
        (A, S, E, F),
        "SuspensionLifted",
        "Let them go on.",
        _GRANT,
    ),
    Row(
        "CancelGrant",
        "grant cancel",
        "approver",
        (A, S, E, F),
        "GrantCancelled",
        "End a grant before its time.",
        _GRANT,
    ),
    Row(
        "ReportProgress",
        "grant report-progress",
        "ttl",
        (E, F),
        "ProgressReported",
        "Hand in a progress report.",
        _GRANT,
    ),
    Row(
        "CompleteImplementation",
        "grant complete",
        "ttl",
        (E,),
        "ImplementationCompleted",
        "End the activities; follow-up begins.",
        _GRANT,
    ),
    Row(
        "ReportOutcomes",
        "grant report-outcomes",
        "ttl",
        (E, F, C),
        "OutcomesReported",
        "Tell which capacity was built.",
        _GRANT,
    ),
    Row(
        "ReachCapability",
        "grant reach-capability",
        "ttl",
        (E, F, C),
        "CapabilityReached",
        "Record a capability as reached.",
        _GRANT,
    ),
    Row(
        "AgreeFollowUp",
        "follow-up agree",
        "ttl",
        (E, F, C),
        "FollowUpAgreed",
        "Agree on an action, its owner and day.",
        _FOLLOW_UP,
    ),
    Row(
        "CompleteFollowUp",
        "follow-up complete",
        "ttl",
        (E, F, C),
        "FollowUpCompleted",
        "Record it as done.",
        _FOLLOW_UP,
    ),
    Row(
        "DropFollowUp",
        "follow-up drop",
        "ttl",
        (E, F, C),
        "FollowUpDropped",
        "Give it up, with the reason.",
        _FOLLOW_UP,
    ),
    Row(
        "HandOverFollowUp",
        "follow-up hand-over",
        "ttl",
        (E, F, C),
        "FollowUpHandedOver",
        "Hand it to somebody else.",
        _FOLLOW_UP,
    ),
    Row(
        "SubmitCompletionReport",
        "grant submit-report",
        "ttl",
        (E, F),
        "CompletionReportSubmitted",
        "Hand in the completion report.",
        _GRANT,
    ),
    Row(
        "AcceptCompletionReport",
        "grant accept-report",
        "secretariat",
        (F,),
        "CompletionReportAccepted",
        "Take the completion report.",
        _GRANT,
    ),
    Row(
        "RecordClientSurvey",
        "grant record-survey",
        "secretariat",
        (F, C),
        "ClientSurveyRecorded",
        "Record what the recipients said.",
        _GRANT,
    ),
    Row(
        "PublishResultsStory",
        "grant publish-story",
        "secretariat",
        (F, C),
        "ResultsStoryPublished",
        "Record a published results story.",
        _GRANT,
    ),
    Row(
        "RecordDevelopmentOutcome",
        "grant record-outcome",
        "secretariat",
        (F, C),
        "DevelopmentOutcomeRecorded",
        "Record what changed, years later.",
        _GRANT,
    ),
    Row(
        "WaiveObligation",
        "grant waive",
        "approver",
        ANY,
        "ObligationWaived",
        "Waive an obligation, with the reason.",
        ("grant", "obligation"),
    ),
    Row("CloseGrant", "grant close", "approver", (F,), "GrantClosed", "Close a grant's books.", _GRANT),
    Row(
        "ReopenGrant", "grant reopen", "approver", (C,), "GrantReopened", "Open a closed grant again.", _GRANT
    ),
    Row(
        "CorrectEntry",
        "grant correct",
        "approver",
        ANY,
        "EntryCorrected",
        "Correct or strike an entry.",
        ("grant", "entry"),
    ),
    Row(
        "AttachDocument",
        "document attach",
        "any",
        ANY,
        "DocumentAttached",
        "Put a file beside a grant.",
        ("grant", "file"),
    ),
)
"""In order of a grant's life."""

FUND_COMMANDS = (
    Row("EstablishFund", "init", "administrator", (), "FundEstablished", "Make a new book."),
    Row(
        "AdoptPolicy",
        "fund adopt-policy",
        "administrator",
        (),
        "PolicyAdopted",
        "Adopt an edition of windows and limits.",
        ("file",),
    ),
    Row(
        "AppointOfficer",
        "officer appoint",
        "administrator",
        (),
        "OfficerAppointed",
        "Give an officer roles.",
        ("officer",),
    ),
    Row(
        "RetireOfficer",
        "officer retire",
        "administrator",
        (),
        "OfficerRetired",
        "Take an officer's roles.",
        ("officer",),
    ),
    Row(
        "JoinPartner",
        "fund join-partner",
        "secretariat",
        (),
        "PartnerJoined",
        "Welcome a partner.",
        ("partner",),
    ),
    Row(
        "HoldConsultation",
        "fund hold-consultation",
        "secretariat",
        (),
        "ConsultationHeld",
        "Record a meeting of the partners.",
    ),
    Row(
        "PledgeContribution",
        "fund pledge",
        "finance",
        (),
        "ContributionPledged",
        "Record a pledge.",
        ("partner",),
    ),
    Row(
        "AgreeContribution",
        "fund agree-contribution",
        "finance",
        (),
        "ContributionAgreed",
        "Record a signed contribution.",
        ("partner",),
    ),
    Row(
        "ScheduleInstalment",
        "fund schedule-instalment",
        "finance",
        (),
        "InstalmentScheduled",
        "Put an instalment on the calendar.",
        ("partner", "instalment"),
    ),
    Row(
        "ReceiveInstalment",
        "fund receive-instalment",
        "finance",
        (),
        "InstalmentReceived",
        "Record money received.",
        ("partner",),
    ),
    Row("ChargeFee", "fund charge-fee", "finance", (), "FeeCharged", "Record a fee."),
    Row("CreditIncome", "fund credit-income", "finance", (), "IncomeCredited", "Record investment income."),
    Row(
        "ReturnFunds",
        "fund return-funds",
        "finance",
        (),
        "FundsReturned",
        "Record money returned to a partner.",
        ("partner",),
    ),
    Row(
        "CorrectEntry",
        "fund correct",
        "approver",
        (),
        "EntryCorrected",
        "Correct or strike an entry of the fund.",
        ("entry",),
    ),
    Row(
        "AttachDocument",
        "document attach-to-fund",
        "any",
        (),
        "DocumentAttached",
        "Put a file beside the fund.",
        ("file",),
    ),
)
"""Commands on the fund's own stream."""

GRANT_ROWS = {row.name: row for row in GRANT_COMMANDS}
FUND_ROWS = {row.name: row for row in FUND_COMMANDS}
BY_EVENT = {row.event: row for row in GRANT_COMMANDS}
"""The row of the command that becomes a fact of a grant."""
