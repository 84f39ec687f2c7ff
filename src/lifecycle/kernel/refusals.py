"""Every "no" that the book can give, by name, with the rule it cites.

A refusal is an answer: it names the broken condition, the figures that decided it and what would
be possible instead. It is kept with its command (domain §4, rule 8).
"""

from typing import ClassVar

RECEIPT, OFFICER, STAGE, FOUR_EYES, DATES, TERMS = range(6)
"""The order in which a command is checked, and so the refusal it gets."""


class Refusal(Exception):
    """The command is understood and not allowed. Its class name is the refusal's name."""

    order: ClassVar[int] = TERMS
    rule: ClassVar[str] = ""

    def __init_subclass__(cls, order: int, rule: str) -> None:
        cls.order, cls.rule = order, rule

    @property
    def name(self) -> str:
        """The fixed name that programs may rely on."""
        return type(self).__name__


# ── receipt ──────────────────────────────────────────────────────────────────────────────────


class CommandIdReused(Refusal, order=RECEIPT, rule="domain §4.8: one id, one answer"):
    """The command id was used before, for other content."""


# ── officer and role ─────────────────────────────────────────────────────────────────────────


class NotAnOfficer(Refusal, order=OFFICER, rule="domain §3: roles hold on the command's day"):
    """The actor holds no role on the day."""


class RoleNotHeld(Refusal, order=OFFICER, rule="domain §3: the table of commands"):
    """The actor holds other roles than the one that the command asks for."""


class RecorderNotAdministrator(Refusal, order=OFFICER, rule="domain §1.4: actor and recorder"):
    """Only the actor or an administrator enters an act."""


# ── stage, of the grant and of the thing named ───────────────────────────────────────────────


class UnknownGrant(Refusal, order=STAGE, rule="domain §3: stages"):
    """No such grant on that day."""


class UnknownRow(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """The journal has no row at this position, or no refusal under this id."""


class RowIsQuarantined(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """The row, or the answer, is quarantined already."""


class RowIsLawful(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """Nothing is wrong with the row: only one that is no entry, or that the rules refuse, is quarantined.

    So it is with a refusal: only one that the rules would not have given is.
    """


class EntryIsQuarantined(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """A row that counts in no fold has nothing to correct."""


class GrantIdTaken(Refusal, order=STAGE, rule="domain §3: ProposeGrant"):
    """Another proposal has this id."""


class GrantHasEnded(Refusal, order=STAGE, rule="domain §3: stages"):
    """The grant was declined, withdrawn, lapsed or cancelled."""


class GrantIsClosed(Refusal, order=STAGE, rule="domain §3: stages"):
    """The grant's books are closed."""


class NotYetEffective(Refusal, order=STAGE, rule="domain §4.3: no payment before effectiveness"):
    """The grant is not effective on that day."""


class NotInStage(Refusal, order=STAGE, rule="domain §3: stages"):
    """The grant stands in a stage in which this is not done."""


class AgreementNotSigned(Refusal, order=STAGE, rule="domain §3: MakeEffective"):
    """The edition asks for an agreement, and there is none yet."""


class UnknownCondition(Refusal, order=STAGE, rule="domain §3: MeetCondition"):
    """The approval names no such condition."""


class ConditionsUnmet(Refusal, order=STAGE, rule="domain §3: SignAgreement, MakeEffective"):
    """A condition of the approval is open."""


class ActivityIdTaken(Refusal, order=STAGE, rule="domain §3: PlanActivity"):
    """Another activity of the grant has this name."""


class ActivityNotPlanned(Refusal, order=STAGE, rule="domain §3: RescheduleActivity, CancelActivity"):
    """No such activity is on the calendar."""


class ActivityAlreadyHeld(Refusal, order=STAGE, rule="domain §3: HoldActivity"):
    """It was held before; another one needs another name."""


class ActivitiesStillPlanned(Refusal, order=STAGE, rule="domain §3: CompleteImplementation"):
    """An activity is neither held nor cancelled."""


class PaymentIdTaken(Refusal, order=STAGE, rule="domain §3: RequestPayment"):
    """Another payment of the grant has this name."""


class UnknownPayment(Refusal, order=STAGE, rule="domain §3: payments"):
    """No such payment was asked for by that day."""


class PaymentNotAuthorised(Refusal, order=STAGE, rule="domain §3: DisburseFunds"):
    """The payment was asked for and not allowed yet."""


class PaymentAlreadyAuthorised(Refusal, order=STAGE, rule="domain §3: AuthorisePayment"):
    """The payment was allowed before."""


class PaymentAlreadyDisbursed(Refusal, order=STAGE, rule="domain §3: one disbursement finishes a payment"):
    """The payment was paid before."""


class PaymentAlreadyFinished(Refusal, order=STAGE, rule="domain §3: payments"):
    """The payment was rejected or failed before."""


class UnknownRule(Refusal, order=STAGE, rule="domain §3: RecordIrregularPayment"):
    """The rule that was broken is named as the refusal with which the payment would have been met."""


class AlreadySuspended(Refusal, order=STAGE, rule="domain §3: SuspendGrant"):
    """A suspension of this scope holds."""


class NotSuspended(Refusal, order=STAGE, rule="domain §3: LiftSuspension"):
    """No such suspension holds."""


class FollowUpIdTaken(Refusal, order=STAGE, rule="domain §3: AgreeFollowUp"):
    """Another follow-up of the grant has this name."""


class FollowUpNotOpen(Refusal, order=STAGE, rule="domain §3: follow-ups"):
    """No such follow-up is open."""


class NoCompletionReport(Refusal, order=STAGE, rule="domain §3: AcceptCompletionReport"):
    """No completion report was handed in."""


class CompletionReportAlreadyAccepted(Refusal, order=STAGE, rule="domain §3: SubmitCompletionReport"):
    """The completion report was accepted before."""


class UnknownObligation(Refusal, order=STAGE, rule="domain §6: the table of obligations"):
    """There is no obligation of this name."""


class UnknownItem(Refusal, order=STAGE, rule="domain §3: WaiveObligation"):
    """The obligation has no such item on the day."""


class CallIdTaken(Refusal, order=STAGE, rule="domain §3: OpenCall"):
    """Another call has this id."""


class UnknownCall(Refusal, order=STAGE, rule="domain §3: call stream"):
    """No such call had been opened by that day."""


class CallAlreadyClosed(Refusal, order=STAGE, rule="domain §3: CloseCall"):
    """The call was closed before."""


class UnknownEntry(Refusal, order=STAGE, rule="domain §4.7: a correction names an entry"):
    """The stream holds no entry of this version."""


class EntryAlreadyStruck(Refusal, order=STAGE, rule="domain §3: CorrectEntry"):
    """The entry was struck before."""


class CorrectionNotCorrectable(Refusal, order=STAGE, rule="domain §3: CorrectEntry"):
    """A correction is struck, or followed by another; its fields are not corrected."""


class FieldNotCorrectable(Refusal, order=STAGE, rule="domain §3: CorrectEntry"):
    """The field follows from others, or the whole book rests on it."""


class PairedEntry(Refusal, order=STAGE, rule="domain §3: the fund's pair of a grant's entry"):
    """The entry belongs to a grant's: correct the grant's, and its pair follows."""


class EditionNeverChanges(Refusal, order=STAGE, rule="domain §5: an edition once adopted is never changed"):
    """Adopt a later edition instead."""


class EditionNameTaken(Refusal, order=STAGE, rule="domain §5: an edition once adopted is never changed"):
    """An edition of this name was adopted before."""


class FundAlreadyEstablished(Refusal, order=STAGE, rule="domain §3: one fund a book"):
    """The book has its fund."""


class PartnerAlreadyJoined(Refusal, order=STAGE, rule="domain §3: JoinPartner"):
    """The partner joined before."""


class UnknownPartner(Refusal, order=STAGE, rule="domain §3: fund stream"):
    """No such partner had joined by that day."""


class InstalmentIdTaken(Refusal, order=STAGE, rule="domain §3: ScheduleInstalment"):
    """The partner has an instalment of this name."""


class UnknownInstalment(Refusal, order=STAGE, rule="domain §3: ReceiveInstalment"):
    """The partner has no such instalment waiting."""


class TooLikeKnownId(Refusal, order=STAGE, rule="domain §2: ids that look alike"):
    """The id looks like a known one: it differs in case or in marks between words only."""


class ObligationNotAsked(Refusal, order=STAGE, rule="domain §3: WaiveObligation"):
    """The edition does not ask for the obligation."""


class LastAdministrator(Refusal, order=STAGE, rule="domain §3: officers"):
    """The book would be left without an administrator."""


# ── four eyes ────────────────────────────────────────────────────────────────────────────────


class DecidesOwnRequest(Refusal, order=FOUR_EYES, rule="domain §4.4: who asks never decides"):
    """The actor asked for, prepared, submitted or entered what is to be decided."""


# ── dates ────────────────────────────────────────────────────────────────────────────────────


class DatedInFuture(Refusal, order=DATES, rule="domain §1.2: never later than today"):
    """The day has not come yet."""


class CallNotOpenYet(Refusal, order=DATES, rule="domain §3: OpenCall"):
    """The call takes proposals from a later day on."""


class CallDeadlinePassed(Refusal, order=DATES, rule="domain §3: a call's proposals are in time"):
    """The call's last day for proposals had passed."""


class CallStillOpen(Refusal, order=DATES, rule="domain §3: CloseCall"):
    """The call takes proposals until a later day."""


class CallIsClosed(Refusal, order=DATES, rule="domain §3: CloseCall"):
    """The call was closed: nothing more is selected in it."""


class BeyondWindow(Refusal, order=DATES, rule="domain §4.6: windows hold"):
    """The closing date is outside the window's span."""


class ClosingDateBeforeEffectiveness(Refusal, order=DATES, rule="domain §3: MakeEffective"):
    """A grant does not close before it is effective."""


class ClosingDatePassed(Refusal, order=DATES, rule="domain §3: ExtendClosingDate"):
    """The closing date had passed on that day."""


class NotAnExtension(Refusal, order=DATES, rule="domain §3: ExtendClosingDate"):
    """The new closing date is not later than the one in force."""


class HeldBeforeItEnded(Refusal, order=DATES, rule="domain §3: HoldActivity"):
    """An activity has been held once it has ended."""


class NotYetLapsed(Refusal, order=DATES, rule="domain §3: LapseGrant"):
    """The time for signature or effectiveness is not over."""


class EditionTooLate(Refusal, order=DATES, rule="domain §5: what was decided stays decided"):
    """Grants were decided on by another edition on a day on which it would hold, or holds by now."""


class DisbursementDeadlinePassed(Refusal, order=DATES, rule="domain §4.3: no payment after the deadline"):
    """The last day for payments had passed."""


class PaymentsSuspended(Refusal, order=DATES, rule="domain §4.3: no payment inside a suspension"):
    """A suspension covers payments on that day."""


# ── amounts and terms ────────────────────────────────────────────────────────────────────────


class CurrencyNotHolding(Refusal, order=TERMS, rule="domain §2: amounts in different currencies"):
    """The amount is not in the fund's holding currency."""


class HoldingAmountMissing(Refusal, order=TERMS, rule="domain §2: the rate is frozen on receipt"):
    """Money in another currency needs its worth in the holding currency."""


class NoEditionInForce(Refusal, order=TERMS, rule="domain §5: dated editions"):
    """No policy edition holds on that day."""


class WindowNotInEdition(Refusal, order=TERMS, rule="domain §5: windows are names of the edition's own"):
    """The edition has no such window."""


class WindowNotInCall(Refusal, order=TERMS, rule="domain §3: OpenCall"):
    """The call is for another window."""


class CriteriaNotScored(Refusal, order=TERMS, rule="domain §3: reviews score the call's criteria"):
    """The review scores other criteria than the call's."""


class ExceedsCallEnvelope(Refusal, order=TERMS, rule="domain §3: selections count against the envelope"):
    """The call has less left on that day, or on a later one."""


class FinanceInOtherCurrency(Refusal, order=TERMS, rule="domain §2: amounts in different currencies"):
    """The follow-up needs money in another currency."""


class BudgetDoesNotAddUp(Refusal, order=TERMS, rule="domain §3: RequestFunding"):
    """The budget lines do not sum to the amount."""


class LetterMissing(Refusal, order=TERMS, rule="domain §3: RequestFunding"):
    """A recipient country has no letter."""


class RequestChanged(Refusal, order=TERMS, rule="domain §4.5: an approval binds the exact request"):
    """The request is not the one that the digest names."""


class AboveMaximumAmount(Refusal, order=TERMS, rule="domain §5: max_amount"):
    """More than a grant of the window may have."""


class ExceedsAvailableFunds(Refusal, order=TERMS, rule="domain §4.2: never promise more than there is"):
    """The fund has less on that day, or on a later one."""


class ExceedsUndisbursedBalance(Refusal, order=TERMS, rule="domain §4.1: disbursed ≤ commitment"):
    """More than the undisbursed balance."""


class SameCurrencyPaid(Refusal, order=TERMS, rule="domain §3: DisburseFunds"):
    """What is paid in the grant's own currency has no rate."""


class RateDoesNotFit(Refusal, order=TERMS, rule="domain §3: DisburseFunds"):
    """The amount at the rate is not what was paid."""


class ExceedsRequestedAmount(Refusal, order=TERMS, rule="domain §3: AuthorisePayment"):
    """More than was asked for."""


class ExceedsAuthorisedAmount(Refusal, order=TERMS, rule="domain §3: DisburseFunds"):
    """More than was authorised."""


class RefundExceedsDisbursed(Refusal, order=TERMS, rule="domain §3: RecordRefund"):
    """More than was disbursed for the payment."""


class SplitDoesNotAddUp(Refusal, order=TERMS, rule="domain §3: RecordRefund"):
    """The parts of a refund do not sum to it."""


class NothingOverpaid(Refusal, order=TERMS, rule="domain §3: WaiveObligation"):
    """No overpayment is waived while nothing is overpaid."""


class TooFewRecipients(Refusal, order=TERMS, rule="domain §5: min_recipients"):
    """The window asks for more recipient countries."""


class CapacityShareTooHigh(Refusal, order=TERMS, rule="domain §5: max_capacity_share"):
    """Too much of the budget is for the countries' own capacity to share."""


class InstitutionMissing(Refusal, order=TERMS, rule="domain §5: institution"):
    """The window asks for a public institution."""


class CapabilityNotPlanned(Refusal, order=TERMS, rule="domain §5: capabilities"):
    """The window asks for a plan for each of its capabilities."""


class NothingCorrected(Refusal, order=TERMS, rule="domain §3: CorrectEntry"):
    """Nothing would read differently after the correction."""


class ExceedsPartnerBalance(Refusal, order=TERMS, rule="domain §3: ReturnFunds"):
    """The partner has less left on that day, or on a later one."""


class NothingChanged(Refusal, order=TERMS, rule="domain §3: one command, one decision"):
    """The command names no change."""


class UndisbursedBalanceRemains(Refusal, order=TERMS, rule="domain §3: CloseGrant"):
    """Money is left that is neither paid nor cancelled."""


class OverpaymentOpen(Refusal, order=TERMS, rule="domain §4.1: CloseGrant"):
    """More was paid than is committed, and neither came back nor was waived."""


class PaymentsUnfinished(Refusal, order=TERMS, rule="domain §3: CloseGrant"):
    """A payment was asked for or authorised and is not finished."""


class CompletionReportOpen(Refusal, order=TERMS, rule="domain §3: CloseGrant"):
    """The completion report is neither accepted nor waived."""


class FollowUpsOpen(Refusal, order=TERMS, rule="domain §3: CloseGrant"):
    """A follow-up is neither completed, dropped nor handed over."""


class ClosureWouldNotHold(Refusal, order=TERMS, rule="domain §3: CorrectEntry"):
    """The grant is closed, and could not have been closed if the entry read so."""


AGAINST_PAYING: tuple[type[Refusal], ...] = (
    NotAnOfficer,
    RoleNotHeld,
    RecorderNotAdministrator,
    UnknownGrant,
    GrantHasEnded,
    GrantIsClosed,
    NotYetEffective,
    NotInStage,
    UnknownPayment,
    PaymentNotAuthorised,
    PaymentAlreadyDisbursed,
    PaymentAlreadyFinished,
    DecidesOwnRequest,
    DatedInFuture,
    DisbursementDeadlinePassed,
    PaymentsSuspended,
    CurrencyNotHolding,
    ExceedsAuthorisedAmount,
    ExceedsUndisbursedBalance,
    SameCurrencyPaid,
    RateDoesNotFit,
)
"""What DisburseFunds can be refused with: the rules that a payment can break. A test finds them anew."""


def every_refusal() -> list[type[Refusal]]:
    """All of them, in the order in which they are checked."""
    return sorted(Refusal.__subclasses__(), key=lambda refusal: refusal.order)
