"""What no source states about the Facility's facts, filled in; and what S4 tells beside its tables.

Every entry that rests on a made-up day, amount or name says ``illustrative`` in its note.
"""

from datetime import date
from typing import NamedTuple

FOUNDED = date(2008, 10, 1)
"""The fund was launched in 2008 (S4); its first edition here holds from this day."""
FIRST_PROPOSAL = date(2008, 11, 3)
DAYS_BETWEEN_PROPOSALS = 36
CALLED = date(2018, 11, 30)
ENVELOPE_PER_GRANT = "25000.00 USD"
"""USD 250,000 for ten grants (public page of the call)."""

OFFICERS = {
    "ttl-1": "ttl",
    "ttl-2": "ttl",
    "ttl-3": "ttl",
    "secretariat-1": "secretariat",
    "reviewer-1": "reviewer",
    "approver-1": "approver",
    "approver-2": "approver",
    "finance-1": "finance",
    "finance-2": "finance",
}
PARTNERS = {
    "China": ("CN", FOUNDED),
    "Denmark": ("DK", FOUNDED),
    "Mexico": ("MX", FOUNDED),
    "Netherlands": ("NL", FOUNDED),
    "Spain": ("ES", FOUNDED),
    "United Kingdom": ("GB", FOUNDED),
    "Colombia": ("CO", date(2010, 3, 1)),
    "India": ("IN", date(2010, 3, 1)),
    "Russia": ("RU", date(2010, 3, 1)),
}
"""Code, and a day that fits what S4 tells: six partners at the launch, three that joined later."""


class Project(NamedTuple):
    """What the fund's life of a completed project needs beside its title. All of it is filled in."""

    id: str
    sector: str
    """Read from the title."""
    thousands: int
    """Of US dollars approved. The 21 together average the published 100."""
    unspent: int
    """Of US dollars, given back before closing."""


PROJECTS = {
    "ICT Exchange Visit": Project("01-ict-exchange-visit", "ict", 80, 2400),
    "Tackling Poverty": Project("02-tackling-poverty", "poverty", 120, 3500),
    "Garment Production": Project("03-garment-production", "trade", 130, 0),
    "CDD Housing Reconstruction": Project("04-housing-reconstruction", "urban", 100, 5200),
    "Social Protection": Project("05-social-protection", "social_protection", 110, 1800),
    "Railway Strategies": Project("06-railway-strategies", "transport", 90, 4100),
    "Afforestation and Carbon Trading": Project("07-afforestation", "environment", 75, 600),
    "Building and Maintaining NRENs": Project("08-research-networks", "ict", 145, 7300),
    "Small-scale Private Irrigation": Project("09-private-irrigation", "agriculture", 85, 2500),
    "Nutritional Security and Social Protection": Project("10-nutrition", "social_protection", 105, 900),
    "Migration Challenges and Opportunities": Project("11-migration", "labour", 100, 3300),
    "Licensing Systems for Medical Practitioners": Project("12-medical-licensing", "health", 70, 1200),
    "Business Environment Reforms": Project("13-business-environment", "finance", 95, 0),
    "Conditional Cash Transfers": Project("14-cash-transfers", "social_protection", 125, 4600),
    "Accounting and Auditing": Project("15-accounting-auditing", "finance", 90, 1500),
    "Community Forestry": Project("16-community-forestry", "environment", 100, 2200),
    "Hospital Policy and Management": Project("17-hospital-policy", "health", 115, 3800),
    "Social Security Administration Reform": Project("18-social-security", "social_protection", 100, 2700),
    "National Road Infrastructure Planning": Project("19-road-planning", "transport", 110, 1100),
    "Dairy Sector Policy Reform and Restructuring": Project("20-dairy-policy", "agriculture", 105, 500),
    "Hydropower Development": Project("21-hydropower", "energy", 50, 2000),
}

RESULTS = {
    "Afforestation and Carbon Trading": {
        "pilot": "Trial afforestation, and projects registered with the Clean Development Mechanism",
        "network": "Forestry institutions that had lost touch are linked again",
    },
    "Building and Maintaining NRENs": {
        "network": "Research and education networks are being set up in several of the countries"
    },
    "Dairy Sector Policy Reform and Restructuring": {
        "strategy": "Sector strategies that take up parts of the provider's approach",
        "network": "A formal network of officials and farmers",
    },
    "Garment Production": {
        "network": "A network of investors from several countries",
        "investment": "Investments that created some 7,000 jobs",
    },
}
"""Concrete results that S4 tells of by project, in Box 2."""

LATE_STORY = "Tackling Poverty"
NO_STORY = ("Railway Strategies", "Migration Challenges and Opportunities", "Hydropower Development")
NO_SURVEY = ("Licensing Systems for Medical Practitioners", "National Road Infrastructure Planning")
"""Not recorded, so that something is overdue; that they were missing in truth is not published."""
LATE_ENTRY = "Afforestation and Carbon Trading"
CORRECTED = "Afforestation and Carbon Trading"
HANDED_OVER = "Social Protection"
DROPPED = "Hospital Policy and Management"
"""The last two for what S4 says of them: each would have needed more exchanges or support afterwards."""
