"""Every event of the fund, in order of its life."""

from lifecycle.fund.commitments import (
    CommitmentIncreased,
    CommitmentReleased,
    FundsCommitted,
    OverpaymentRecorded,
    OverpaymentSettled,
)
from lifecycle.fund.contributions import (
    ConsultationHeld,
    ContributionAgreed,
    ContributionPledged,
    InstalmentReceived,
    InstalmentScheduled,
    ObligationWaived,
    PartnerJoined,
)
from lifecycle.fund.establishment import FundEstablished, PolicyAdopted, SealingSwitched
from lifecycle.fund.officers import OfficerAppointed, OfficerRetired, Roles
from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined
from lifecycle.fund.treasury import FeeCharged, FundsReturned, IncomeCredited
from lifecycle.kernel.event import DocumentAttached, EntryCorrected, FundEvent

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
"""Every event the fund's stream can hold."""

__all__ = [
    "AnswerQuarantined",
    "CommitmentIncreased",
    "CommitmentReleased",
    "ConsultationHeld",
    "ContributionAgreed",
    "ContributionPledged",
    "DocumentAttached",
    "EntryCorrected",
    "FeeCharged",
    "FundEstablished",
    "FundsCommitted",
    "FundsReturned",
    "IncomeCredited",
    "InstalmentReceived",
    "InstalmentScheduled",
    "ObligationWaived",
    "OfficerAppointed",
    "OfficerRetired",
    "OverpaymentRecorded",
    "OverpaymentSettled",
    "PartnerJoined",
    "PolicyAdopted",
    "Roles",
    "RowQuarantined",
    "SealingSwitched",
]
