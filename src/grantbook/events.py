"""The classes of the events: what a book records, and what a fold reads.

Two names stand for two events each. The grant's has the name alone, the fund's begins with ``Fund``.
"""

from lifecycle.call.call import CallClosed, CallOpened, GrantSelected, SelectionReleased
from lifecycle.fund.events import (
    AnswerQuarantined,
    CommitmentReleased,
    ConsultationHeld,
    ContributionAgreed,
    ContributionPledged,
    FeeCharged,
    FundEstablished,
    FundsCommitted,
    FundsReturned,
    IncomeCredited,
    InstalmentReceived,
    InstalmentScheduled,
    OfficerAppointed,
    OfficerRetired,
    OverpaymentRecorded,
    OverpaymentSettled,
    PartnerJoined,
    PolicyAdopted,
    Roles,
    RowQuarantined,
    SealingSwitched,
)
from lifecycle.fund.events import CommitmentIncreased as FundCommitmentIncreased
from lifecycle.fund.events import ObligationWaived as FundObligationWaived
from lifecycle.grant import events as _grant
from lifecycle.grant.events import *  # noqa: F403 the names that its list exports
from lifecycle.kernel.event import CallEvent, DocumentAttached, EntryCorrected, Event, FundEvent, GrantEvent

__all__ = [
    "AnswerQuarantined",
    "CallClosed",
    "CallEvent",
    "CallOpened",
    "CommitmentReleased",
    "ConsultationHeld",
    "ContributionAgreed",
    "ContributionPledged",
    "DocumentAttached",
    "EntryCorrected",
    "Event",
    "FeeCharged",
    "FundCommitmentIncreased",
    "FundEstablished",
    "FundEvent",
    "FundObligationWaived",
    "FundsCommitted",
    "FundsReturned",
    "GrantEvent",
    "GrantSelected",
    "IncomeCredited",
    "InstalmentReceived",
    "InstalmentScheduled",
    "OfficerAppointed",
    "OfficerRetired",
    "OverpaymentRecorded",
    "OverpaymentSettled",
    "PartnerJoined",
    "PolicyAdopted",
    "Roles",
    "RowQuarantined",
    "SealingSwitched",
    "SelectionReleased",
]
__all__ += _grant.__all__
