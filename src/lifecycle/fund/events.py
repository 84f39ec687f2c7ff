"""The events of the fund in one module, so that other rooms import them by name."""

from lifecycle.fund.closing import FundClosed
from lifecycle.fund.contributions import (
    ConsultationHeld,
    ContributionAgreed,
    ContributionPledged,
    InstalmentReceived,
    InstalmentScheduled,
    PartnerJoined,
)
from lifecycle.fund.establishment import FundEstablished, PolicyAdopted, SealingSwitched
from lifecycle.fund.evolve import EVOLVE
from lifecycle.fund.officers import OfficerAppointed, OfficerRetired, Roles
from lifecycle.fund.partners.donor_reports import DonorReportSubmitted
from lifecycle.fund.partners.membership import PartnerLeft, PartnerRenamed
from lifecycle.fund.partners.partner_waivers import ObligationWaived
from lifecycle.fund.partners.pledges import PledgeConditionMet
from lifecycle.fund.pools.agreements import ContributionAmended
from lifecycle.fund.pools.commitments import (
    CommitmentIncreased,
    CommitmentReleased,
    Draw,
    FundsCommitted,
    OverpaymentRecorded,
    OverpaymentSettled,
)
from lifecycle.fund.pools.set_asides import (
    FundsSetAside,
    SetAsideRefilled,
    SetAsideReleased,
    SetAsideUsed,
)
from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined
from lifecycle.fund.treasury import FeeCharged, FundsReturned, IncomeCredited
from lifecycle.kernel.event import DocumentAttached, EntryCorrected, Event

EVENTS: tuple[type[Event], ...] = (*EVOLVE, EntryCorrected)
"""Every event that the fund's stream can hold, stage by stage; the correction is folded by `history`."""

__all__ = [
    "AnswerQuarantined",
    "CommitmentIncreased",
    "CommitmentReleased",
    "ConsultationHeld",
    "ContributionAgreed",
    "ContributionAmended",
    "ContributionPledged",
    "DocumentAttached",
    "DonorReportSubmitted",
    "Draw",
    "EntryCorrected",
    "FeeCharged",
    "FundClosed",
    "FundEstablished",
    "FundsCommitted",
    "FundsReturned",
    "FundsSetAside",
    "IncomeCredited",
    "InstalmentReceived",
    "InstalmentScheduled",
    "ObligationWaived",
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
    "SetAsideRefilled",
    "SetAsideReleased",
    "SetAsideUsed",
]
