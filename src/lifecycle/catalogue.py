"""The one table of commands: who may give each, when, in which words, and what it becomes.

Plain text with no imports to speak of, so that the shell can answer ``--help`` from it at once; the
permission check, the stage check and the generated reference read the same rows. Source: domain §3.
"""

from typing import NamedTuple

P, R, A, S, E, F, C = "proposed", "requested", "approved", "signed", "effective", "follow_up", "closed"
ENDS = ("declined", "withdrawn", "lapsed", "cancelled")
ANY = (P, R, A, S, E, F, C, *ENDS)
NEW = ("",)
"""The grant is not there yet."""

GRANT = ("grant",)
ACTIVITY = ("grant", "activity")
PAYMENT = ("grant", "payment")
FOLLOW_UP = ("grant", "follow_up")


class Row(NamedTuple):
    """One command."""

    name: str
    words: str
    """What is typed after ``grantbook``."""
    role: str
    """Whose act it is; ``any`` for every officer."""
    stages: tuple[str, ...]
    """In which of a grant's stages; empty for commands on the fund and on calls."""
    event: str
    """The fact that it becomes."""
    arguments: tuple[str, ...]
    """Fields that are given by place, not as options."""
    help: str


# fmt: off
GRANT_COMMANDS = (
    Row("ProposeGrant", "grant propose", "ttl", NEW, "GrantProposed", GRANT,
        "Put a proposal forward."),
    Row("ReviseProposal", "grant revise", "ttl", (P, R), "ProposalRevised", GRANT,
        "Change a proposal."),
    Row("ReturnProposal", "grant return", "secretariat", (P, R), "ProposalReturned", GRANT,
        "Send a proposal back."),
    Row("RequestFunding", "grant request", "ttl", (P,), "FundingRequested", GRANT,
        "Ask for money, with budget and letters."),
    Row("ReviewProposal", "grant review", "reviewer", (R,), "ProposalReviewed", GRANT,
        "Score a proposal."),
    Row("ApproveGrant", "grant approve", "approver", (R,), "GrantApproved", GRANT,
        "Promise money; the fund is charged."),
    Row("DeclineProposal", "grant decline", "approver", (P, R), "ProposalDeclined", GRANT,
        "Refuse a proposal."),
    Row("WithdrawProposal", "grant withdraw", "ttl", (P, R), "ProposalWithdrawn", GRANT,
        "Take a proposal back."),
    Row("InvolveParty", "grant involve", "ttl", (P, R, A, S, E, F), "PartyInvolved", GRANT,
        "Record who facilitates or finances."),
    Row("EngageExpert", "grant engage-expert", "ttl", (P, R, A, S, E, F), "ExpertEngaged", GRANT,
        "Record an expert's help."),
    Row("MeetCondition", "grant meet-condition", "secretariat", (A, S), "ConditionMet", GRANT,
        "Record a condition as met."),
    Row("SignAgreement", "grant sign", "secretariat", (A,), "AgreementSigned", GRANT,
        "Sign the agreement."),
    Row("MakeEffective", "grant make-effective", "secretariat", (A, S), "GrantMadeEffective", GRANT,
        "Let money flow, until a closing date."),
    Row("LapseGrant", "grant lapse", "approver", (A, S), "GrantLapsed", GRANT,
        "End an approval that was never used."),
    Row("PlanActivity", "activity plan", "ttl", (A, S, E), "ActivityPlanned", ACTIVITY,
        "Plan an exchange."),
    Row("RescheduleActivity", "activity reschedule", "ttl", (A, S, E), "ActivityRescheduled", ACTIVITY,
        "Move it to other days."),
    Row("CancelActivity", "activity cancel", "ttl", (A, S, E), "ActivityCancelled", ACTIVITY,
        "Call it off."),
    Row("HoldActivity", "activity hold", "ttl", (E, F), "ActivityHeld", ACTIVITY,
        "Record that it was held."),
    Row("RequestPayment", "payment request", "ttl", (E, F), "PaymentRequested", PAYMENT,
        "Ask for a payment."),
    Row("AuthorisePayment", "payment authorise", "finance", (E, F), "PaymentAuthorised", PAYMENT,
        "Allow a payment."),
    Row("RejectPayment", "payment reject", "finance", (E, F, *ENDS), "PaymentRejected", PAYMENT,
        "Refuse a payment."),
    Row("DisburseFunds", "payment disburse", "finance", (E, F), "FundsDisbursed", PAYMENT,
        "Pay an authorised payment."),
    Row("FailPayment", "payment fail", "finance", ANY, "PaymentFailed", PAYMENT,
        "Record that the bank could not pay."),
    Row("RecordRefund", "payment refund", "finance", ANY, "RefundReceived", PAYMENT,
        "Record money that came back."),
    Row("RecordIrregularPayment", "payment irregular", "approver", ANY, "IrregularPaymentRecorded", PAYMENT,
        "Record what the bank paid in breach."),
    Row("RecordCoFinancing", "grant co-finance", "ttl", ANY, "CoFinancingRecorded", GRANT,
        "Record what others paid."),
    Row("RecordCost", "grant cost", "ttl", ANY, "CostRecorded", GRANT,
        "Record the cost of preparing or supervising."),
    Row("ExtendClosingDate", "grant extend", "approver", (E,), "ClosingDateExtended", GRANT,
        "Move the closing date."),
    Row("RestructureGrant", "grant restructure", "approver", (A, S, E), "GrantRestructured", GRANT,
        "Redraw a grant's terms."),
    Row("IncreaseCommitment", "grant increase", "approver", (A, S, E, F, C), "CommitmentIncreased", GRANT,
        "Promise more."),
    Row("CancelBalance", "grant cancel-balance", "approver", (A, S, E, F, C), "BalanceCancelled", GRANT,
        "Give undisbursed money back to the fund."),
    Row("SuspendGrant", "grant suspend", "approver", (A, S, E, F), "GrantSuspended", GRANT,
        "Stop payments or activities."),
    Row("LiftSuspension", "grant lift", "approver", (A, S, E, F), "SuspensionLifted", GRANT,
        "Let them go on."),
    Row("CancelGrant", "grant cancel", "approver", (A, S, E, F), "GrantCancelled", GRANT,
        "End a grant before its time."),
    Row("ReportProgress", "grant report-progress", "ttl", (E, F), "ProgressReported", GRANT,
        "Hand in a progress report."),
    Row("CompleteImplementation", "grant complete", "ttl", (E,), "ImplementationCompleted", GRANT,
        "End the activities; follow-up begins."),
    Row("ReportOutcomes", "grant report-outcomes", "ttl", (E, F, C), "OutcomesReported", GRANT,
        "Tell which capacity was built."),
    Row("RecordLesson", "grant record-lesson", "ttl", (E, F, C), "LessonRecorded", GRANT,
        "Tell what worked, what did not, why."),
    Row("ReachCapability", "grant reach-capability", "ttl", (E, F, C), "CapabilityReached", GRANT,
        "Record a capability as reached."),
    Row("AgreeFollowUp", "follow-up agree", "ttl", (E, F, C), "FollowUpAgreed", FOLLOW_UP,
        "Agree on an action, its owner and day."),
    Row("FinanceFollowUp", "follow-up finance", "ttl", (E, F, C), "FollowUpFinanced", FOLLOW_UP,
        "Record money found for it."),
    Row("CompleteFollowUp", "follow-up complete", "ttl", (E, F, C), "FollowUpCompleted", FOLLOW_UP,
        "Record it as done."),
    Row("DropFollowUp", "follow-up drop", "ttl", (E, F, C), "FollowUpDropped", FOLLOW_UP,
        "Give it up, with the reason."),
    Row("HandOverFollowUp", "follow-up hand-over", "ttl", (E, F, C), "FollowUpHandedOver", FOLLOW_UP,
        "Hand it to somebody else."),
    Row("SubmitCompletionReport", "grant submit-report", "ttl", (E, F), "CompletionReportSubmitted", GRANT,
        "Hand in the completion report."),
    Row("AcceptCompletionReport", "grant accept-report", "secretariat", (F,), "CompletionReportAccepted", GRANT,
        "Take the completion report."),
    Row("RecordClientSurvey", "grant record-survey", "secretariat", (F, C), "ClientSurveyRecorded", GRANT,
        "Record what the recipients said."),
    Row("PublishResultsStory", "grant publish-story", "secretariat", (F, C), "ResultsStoryPublished", GRANT,
        "Record a published results story."),
    Row("RecordDevelopmentOutcome", "grant record-outcome", "secretariat", (F, C), "DevelopmentOutcomeRecorded", GRANT,
        "Record what changed, years later."),
    Row("WaiveObligation", "grant waive", "approver", ANY, "ObligationWaived", ("grant", "obligation"),
        "Waive an obligation, with the reason."),
    Row("CloseGrant", "grant close", "approver", (F,), "GrantClosed", GRANT,
        "Close a grant's books."),
    Row("ReopenGrant", "grant reopen", "approver", (C,), "GrantReopened", GRANT,
        "Open a closed grant again."),
    Row("CorrectEntry", "grant correct", "approver", ANY, "EntryCorrected", ("grant", "entry"),
        "Correct or strike an entry."),
    Row("AttachDocument", "document attach", "any", ANY, "DocumentAttached", ("grant", "file"),
        "Put a file beside a grant."),
)
"""In order of a grant's life."""

FUND_COMMANDS = (
    Row("EstablishFund", "init", "administrator", (), "FundEstablished", (),
        "Make a new book."),
    Row("AdoptPolicy", "fund adopt-policy", "administrator", (), "PolicyAdopted", ("file",),
        "Adopt an edition of windows and limits."),
    Row("AppointOfficer", "officer appoint", "administrator", (), "OfficerAppointed", ("officer",),
        "Give an officer roles."),
    Row("RetireOfficer", "officer retire", "administrator", (), "OfficerRetired", ("officer",),
        "Take an officer's roles."),
    Row("SwitchSealing", "fund switch-sealing", "administrator", (), "SealingSwitched", (),
        "Say when the journal is sealed."),
    Row("JoinPartner", "fund join-partner", "secretariat", (), "PartnerJoined", ("partner",),
        "Welcome a partner."),
    Row("HoldConsultation", "fund hold-consultation", "secretariat", (), "ConsultationHeld", (),
        "Record a meeting of the partners."),
    Row("PledgeContribution", "fund pledge", "finance", (), "ContributionPledged", ("partner",),
        "Record a pledge."),
    Row("AgreeContribution", "fund agree-contribution", "finance", (), "ContributionAgreed", ("partner",),
        "Record a signed contribution."),
    Row("ScheduleInstalment", "fund schedule-instalment", "finance", (), "InstalmentScheduled", ("partner", "instalment"),
        "Put an instalment on the calendar."),
    Row("ReceiveInstalment", "fund receive-instalment", "finance", (), "InstalmentReceived", ("partner",),
        "Record money received."),
    Row("WaiveObligation", "fund waive", "approver", (), "ObligationWaived", ("obligation",),
        "Waive an instalment, with the reason."),
    Row("ChargeFee", "fund charge-fee", "finance", (), "FeeCharged", (),
        "Record a fee."),
    Row("CreditIncome", "fund credit-income", "finance", (), "IncomeCredited", (),
        "Record investment income."),
    Row("ReturnFunds", "fund return-funds", "finance", (), "FundsReturned", ("partner",),
        "Record money returned to a partner."),
    Row("CorrectEntry", "fund correct", "approver", (), "EntryCorrected", ("entry",),
        "Correct or strike an entry of the fund."),
    Row("AttachDocument", "document attach-to-fund", "any", (), "DocumentAttached", ("file",),
        "Put a file beside the fund."),
)
"""Commands on the fund's own stream."""

CALL_COMMANDS = (
    Row("OpenCall", "call open", "secretariat", (), "CallOpened", ("call",),
        "Ask for proposals, up to an envelope."),
    Row("CloseCall", "call close", "secretariat", (), "CallClosed", ("call",),
        "End a call: nothing more is selected."),
    Row("CorrectEntry", "call correct", "approver", (), "EntryCorrected", ("call", "entry"),
        "Correct or strike an entry of a call."),
)
# fmt: on
"""Commands on a call's stream."""

QUARANTINE = Row(
    "QuarantineRow",
    "audit seal --quarantine",
    "administrator",
    (),
    "RowQuarantined",
    (),
    "Set aside a row that is no entry, or that the rules refuse.",
)
"""The act of an administrator at the seal: no command of the shell's own, nor a line of ``record``."""
QUARANTINE_ANSWER = Row(
    "QuarantineAnswer",
    "audit seal --quarantine-answer",
    "administrator",
    (),
    "AnswerQuarantined",
    (),
    "Set aside a refusal that the rules would not have given.",
)
"""The same for an answer."""
OF_QUARANTINES = {row.name: row for row in (QUARANTINE, QUARANTINE_ANSWER)}

GRANT_ROWS = {row.name: row for row in GRANT_COMMANDS}
FUND_ROWS = {row.name: row for row in FUND_COMMANDS}
CALL_ROWS = {row.name: row for row in CALL_COMMANDS}
ROWS = {"grant": GRANT_ROWS, "fund": FUND_ROWS, "call": CALL_ROWS}
"""By what the command is about."""
BY_EVENT = {about: {row.event: row for row in rows.values()} for about, rows in ROWS.items()}
BY_EVENT["fund"] |= {row.event: row for row in OF_QUARANTINES.values()}
"""The row of the command that becomes a fact of a grant, of the fund or of a call."""
