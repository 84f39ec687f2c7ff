"""The classes of the events that a book records.

`CommitmentIncreased` and `ObligationWaived` are events of a grant. The fund's events of the same names are
called `FundCommitmentIncreased` and `FundObligationWaived` here.
"""

from lifecycle.call.call import CallClosed, CallOpened, GrantSelected, SelectionReleased
from lifecycle.directory.events import (
    ExperienceOffered,
    InstitutionRegistered,
    InstitutionRenamed,
    NeedMet,
    NeedVoiced,
    OfferWithdrawn,
    UseRecorded,
)
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
    PartnerLeft,
    PartnerRenamed,
    PledgeConditionMet,
    PolicyAdopted,
    Roles,
    RowQuarantined,
    SealingSwitched,
)
from lifecycle.fund.events import CommitmentIncreased as FundCommitmentIncreased
from lifecycle.fund.events import ObligationWaived as FundObligationWaived
from lifecycle.grant import events as _grant
from lifecycle.grant.events import *  # noqa: F403 the names that its list exports
from lifecycle.kernel.event import (
    CallEvent,
    DirectoryEvent,
    DocumentAttached,
    EntryCorrected,
    Event,
    FundEvent,
    GrantEvent,
)

__all__ = [
    "AnswerQuarantined",
    "CallClosed",
    "CallEvent",
    "CallOpened",
    "CommitmentReleased",
    "ConsultationHeld",
    "ContributionAgreed",
    "ContributionPledged",
    "DirectoryEvent",
    "DocumentAttached",
    "EntryCorrected",
    "Event",
    "ExperienceOffered",
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
    "InstitutionRegistered",
    "InstitutionRenamed",
    "NeedMet",
    "NeedVoiced",
    "OfferWithdrawn",
    "OfficerAppointed",
    "OfficerRetired",
    "OverpaymentRecorded",
    "OverpaymentSettled",
    "PartnerJoined",
    "PartnerLeft",
    "PartnerRenamed",
    "PledgeConditionMet",
    "PolicyAdopted",
    "Roles",
    "RowQuarantined",
    "SealingSwitched",
    "SelectionReleased",
    "UseRecorded",
]
__all__ += _grant.__all__
