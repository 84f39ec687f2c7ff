"""Codes of IATI 2.03 that the activities use. The comments name their lists."""

from lifecycle.grant.state import Grant
from lifecycle.types.stage import Stage

VERSION = "2.03"

# ActivityStatus
PIPELINE, IMPLEMENTATION, FINALISATION, CLOSED, CANCELLED, SUSPENDED = "1", "2", "3", "4", "5", "6"
# ActivityDateType
PLANNED_START, ACTUAL_START, PLANNED_END, ACTUAL_END = "1", "2", "3", "4"
# OrganisationRole
FUNDING, ACCOUNTABLE, EXTENDING, IMPLEMENTING = "1", "2", "3", "4"
# TransactionType
INCOMING_FUNDS, OUTGOING_COMMITMENT, DISBURSEMENT, EXPENDITURE = "1", "2", "3", "4"
INCOMING_COMMITMENT, INCOMING_PLEDGE = "11", "13"
# SectorVocabulary, TagVocabulary, RegionVocabulary
DAC, REPORTING_ORGANISATION = "1", "99"
# Region, of the OECD DAC
DEVELOPING_COUNTRIES = "998"
# Sector, of the OECD DAC: multisector aid
MULTISECTOR = "43010"
# FinanceType: standard grant
STANDARD_GRANT = "110"
# BudgetType, BudgetStatus
ORIGINAL, INDICATIVE = "1", "1"
# RelatedActivityType
PARENT = "1"
# DocumentCategory: results, outcomes and outputs
RESULTS = "A08"

_STATUS = {
    Stage.PROPOSED: PIPELINE,
    Stage.REQUESTED: PIPELINE,
    Stage.APPROVED: PIPELINE,
    Stage.SIGNED: PIPELINE,
    Stage.EFFECTIVE: IMPLEMENTATION,
    Stage.FOLLOW_UP: FINALISATION,
    Stage.CLOSED: CLOSED,
    Stage.DECLINED: CANCELLED,
    Stage.WITHDRAWN: CANCELLED,
    Stage.LAPSED: CANCELLED,
    Stage.CANCELLED: CANCELLED,
}


def status_of(grant: Grant) -> str:
    """Return the code of the activity's status."""
    return SUSPENDED if "all" in grant.suspended else _STATUS[grant.stage]
