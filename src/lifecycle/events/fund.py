"""The facts of the fund: who may act, by which policy, what came in and what is promised."""

from typing import Annotated, ClassVar

from pydantic import Field

from lifecycle.kernel.event import DocumentAttached, EntryCorrected, FundEvent
from lifecycle.policy.edition import Edition
from lifecycle.types.terms import (
    Amount,
    Currency,
    Day,
    GrantId,
    ItemId,
    Line,
    OfficerId,
    PartnerKind,
    Prose,
    Reason,
    Role,
    Sealing,
    TimeZone,
    Word,
)

Roles = Annotated[tuple[Role, ...], Field(min_length=1)]


class FundEstablished(FundEvent):
    """The fund exists, with its holding currency and its seat. Recorded by ``init``."""

    VERSION: ClassVar[int] = 2

    name: Line
    """The fund's name."""
    currency: Currency
    """The holding currency: every grant and every total is in it."""
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)]
    """First month of the fiscal year, which is named after the calendar year in which it ends."""
    time_zone: TimeZone = "UTC"
    """IANA time zone of the seat: "today" and the end of a day are counted there."""


class PolicyAdopted(FundEvent):
    """An edition of the windows, limits and obligation days was adopted; it is never changed.

    Recorded by an administrator.
    """

    VERSION: ClassVar[int] = 2

    edition: Edition
    """The whole edition, each number with its source."""


class OfficerAppointed(FundEvent):
    """An officer holds these roles from this day on, beside those held already.

    Recorded by an administrator.
    """

    officer: OfficerId
    """An opaque id, not a person's name."""
    roles: Roles
    """What the officer may do from now on."""


class OfficerRetired(FundEvent):
    """The officer holds these roles no more from this day on: all of them where none is named.

    Recorded by an administrator.
    """

    officer: OfficerId
    """The officer's id."""
    roles: tuple[Role, ...] = ()
    """Which roles end; all where none is named."""


class PartnerJoined(FundEvent):
    """A partner contributes to the fund. Recorded by the secretariat."""

    partner: ItemId
    """The partner's short name in the book."""
    name: Line
    """The partner's name in full."""
    kind: PartnerKind
    """Traditional or emerging (S4)."""


class ConsultationHeld(FundEvent):
    """The partners met. Recorded by the secretariat."""

    partners: tuple[ItemId, ...] = ()
    """Who took part."""
    summary: Prose
    """What was said."""


class ContributionPledged(FundEvent):
    """A partner said how much it would give. Recorded by finance."""

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """What that was worth in the holding currency on the day: needed if it is in another."""


class ContributionAgreed(FundEvent):
    """An administration agreement binds the pledge. Recorded by finance."""

    VERSION: ClassVar[int] = 2

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """What that was worth in the holding currency on the day: needed if it is in another."""
    reference: Line | None = None
    """Of the administration agreement."""


class InstalmentScheduled(FundEvent):
    """A part of the contribution is due on a day. Recorded by finance."""

    partner: ItemId
    """The partner's short name in the book."""
    instalment: ItemId
    """Its name within the partner's contribution."""
    amount: Amount
    """In the partner's currency."""
    due: Day
    """When it should arrive."""


class InstalmentReceived(FundEvent):
    """Money arrived; the rate to the holding currency is frozen here. Recorded by finance."""

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the partner's currency."""
    holding_amount: Amount | None = None
    """In the holding currency: needed where the partner's is another."""
    instalment: ItemId | None = None
    """Which scheduled instalment this is."""


class ObligationWaived(FundEvent):
    """What a partner owes need not come any more, or is settled otherwise. Recorded by an approver."""

    obligation: Word
    """Its name, as the timeline report shows it: ``instalment``."""
    item: ItemId | None = None
    """Which one, ``PARTNER/instalment``; all of them, those to come included, if it is left out."""
    reason: Reason
    """Why it need not come."""


class SealingSwitched(FundEvent):
    """From this day on the journal is sealed after each command, or on request only.

    Recorded by an administrator. Until the first one it is as ``init`` said.
    """

    sealing: Sealing
    """After each command by those who record, or on request (``audit seal``)."""


class FeeCharged(FundEvent):
    """The trustee's fee. Recorded by finance."""

    amount: Amount
    """In the holding currency."""
    reason: Reason | None = None
    """What it is charged for."""


class IncomeCredited(FundEvent):
    """Investment income. Recorded by finance."""

    amount: Amount
    """In the holding currency."""
    reason: Reason | None = None
    """Where it comes from."""


class FundsReturned(FundEvent):
    """Money went back to a partner. Recorded by finance."""

    partner: ItemId
    """The partner's short name in the book."""
    amount: Amount
    """In the holding currency."""
    reason: Reason | None = None
    """Why it goes back."""


class FundsCommitted(FundEvent):
    """A grant's approval took so much of what is available. Written with GrantApproved."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """The approved amount; in the holding currency."""


class CommitmentIncreased(FundEvent):
    """A grant's commitment grew: an increase, or a correction upwards."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """By how much; in the holding currency."""


class CommitmentReleased(FundEvent):
    """A grant gave back what it will not use: cancelled, lapsed, or corrected downwards."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """How much can be promised anew; in the holding currency."""


class OverpaymentRecorded(FundEvent):
    """A grant has been paid more than is committed to it. Written with the grant's own entry."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """By how much more than before; in the holding currency."""


class OverpaymentSettled(FundEvent):
    """What a grant was overpaid came back, or was taken up by its commitment. Written with the grant's own
    entry.
    """

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """By how much less than before; in the holding currency."""


class RowQuarantined(FundEvent):
    """A row that is no entry, or that the rules refuse, was set aside: it stays where it is, is sealed as not
    lawful, and counts in no fold. Kept in a stream of its own, ``fund:quarantine``.

    Recorded by an administrator.
    """

    position: Annotated[int, Field(ge=1)]
    """Of the row in the journal."""
    also: tuple[int, ...] = ()
    """Positions of the rows that were written in the same transaction."""
    fault: Prose
    """What the book found wrong with the row."""
    reason: Reason
    """Why it is set aside: how the row came there, as far as it is known."""


class AnswerQuarantined(FundEvent):
    """A refusal that the rules would not have given was set aside: it stays where it is, and is sealed as not
    lawful. Kept in the stream ``fund:quarantine``.

    Recorded by an administrator.
    """

    answer: Annotated[int, Field(ge=1)]
    """Its number among the answers."""
    answered: Prose
    """The id of the command that it answers."""
    fault: Prose
    """What the book found wrong with it."""
    reason: Reason
    """Why it is set aside: how it came there, as far as it is known."""


EVENTS: tuple[type[FundEvent], ...] = (
    FundEstablished,
    PolicyAdopted,
    OfficerAppointed,
    OfficerRetired,
    SealingSwitched,
    PartnerJoined,
    ConsultationHeld,
    ContributionPledged,
    ContributionAgreed,
    InstalmentScheduled,
    InstalmentReceived,
    ObligationWaived,
    FeeCharged,
    IncomeCredited,
    FundsReturned,
    FundsCommitted,
    CommitmentIncreased,
    CommitmentReleased,
    OverpaymentRecorded,
    OverpaymentSettled,
    RowQuarantined,
    AnswerQuarantined,
    EntryCorrected,
    DocumentAttached,
)
"""Every fact the fund's stream can hold."""
