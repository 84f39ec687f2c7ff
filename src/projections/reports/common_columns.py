"""Columns that several reports have, with the same meaning in each."""

from projections.schema.columns import Column, Type

GRANT = Column("grant", Type.TEXT, "The grant's id")
TITLE = Column("title", Type.TEXT, "The grant's title on the day", width=30)
WINDOW = Column("window", Type.TEXT, "Its window on the day")
EDITION = Column("edition", Type.TEXT, "The edition that governs it; null before approval")
STAGE = Column(
    "stage",
    Type.CODE,
    "`proposed`, `requested`, `approved`, `signed`, `effective`, `follow_up`, `closed`, `declined`,"
    " `withdrawn`, `lapsed` or `cancelled`",
)
SECTOR = Column("sector", Type.TEXT, "As the proposal names it", width=20)
REGION = Column(
    "region",
    Type.TEXT,
    "World Bank region of the day; `several_regions`, `not_stated`, `not_classified`",
    width=18,
)
INCOME_GROUP = Column(
    "income_group",
    Type.TEXT,
    "World Bank income group of the day: `low`, `lower_middle`, `upper_middle`, `high`, `not_classified`",
    width=12,
)
LENDING = Column(
    "lending",
    Type.TEXT,
    "World Bank class of lending of the day: `IBRD`, `IDA`, `Blend`, `not_classified`; null (`not_known` as a"
    " group) before the first snapshot",
)
RECIPIENTS = Column("recipients", Type.LIST, "Countries that receive, a list", width=14)
PROVIDERS = Column("providers", Type.LIST, "Countries that provide, a list", width=14)
COUNTRY = Column("country", Type.TEXT, "ISO 3166-1; `ZZ` if the source does not state it")
PARTNER = Column("partner", Type.TEXT, "The partner's id")
CURRENCY = Column("currency", Type.TEXT, "The currency of the row's amounts")
SINCE = Column("since", Type.DAY, "The day of the event")
DAYS = Column("days", Type.COUNT, "Days late or overdue; else 0")
ACTIVITIES = Column("activities", Type.COUNT, "Activities held")
PARTICIPANTS = Column("participants", Type.COUNT, "Women, men and those not stated together")
WOMEN = Column("women", Type.COUNT, "Number of women")
MEN = Column("men", Type.COUNT, "Number of men")
NOT_STATED = Column("not_stated", Type.COUNT, "Number of people whose sex the source does not state")
HELD = Column("held", Type.COUNT, "Activities held")
NET_DISBURSED = Column("net_disbursed", Type.MONEY, "disbursed - refunded")
COMMITTED = Column("committed", Type.MONEY, "approved + increased - cancelled")
UNDISBURSED = Column("undisbursed", Type.MONEY, "committed - net_disbursed + overpaid")
REQUESTED = Column("requested", Type.MONEY, "Payments asked for and not rejected")
COUNTRY_NAME = Column("name", Type.TEXT, "Short English name", width=16)
LAST_HELD_ON = Column("last_held_on", Type.DAY, "Day of the last activity held")
