"""Values that no source states about the Facility, and texts of S4 that are not in its tables.

Every entry with a made-up day, amount or name says ``illustrative`` in its note.
"""

from datetime import date
from typing import NamedTuple

FOUNDED = date(2008, 10, 1)
"""The fund was launched in 2008 (S4); its first edition here holds from this day."""
FIRST_PROPOSAL = date(2008, 11, 3)
DAYS_BETWEEN_PROPOSALS = 36

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
"""Each partner's code, and a day that agrees with S4: six partners at the launch, three later."""


class Project(NamedTuple):
    """What a completed project needs beside its title. All of it is filled in."""

    id: str
    sector: str
    """Read from the title, in the words of the call of 2018 if it has one."""
    thousands: int
    """Thousands of US dollars approved. The average of the 21 projects is the published 100."""
    unspent: int
    """US dollars that were given back before closing."""


PROJECTS = {
    "ICT Exchange Visit": Project("01-ict-exchange-visit", "ICT", 80, 2400),
    "Tackling Poverty": Project("02-tackling-poverty", "Poverty", 120, 3500),
    "Garment Production": Project("03-garment-production", "Trade", 130, 0),
    "CDD Housing Reconstruction": Project(
        "04-housing-reconstruction", "Social, Urban, Rural and Resilience", 100, 5200
    ),
    "Social Protection": Project("05-social-protection", "Social Protection", 110, 1800),
    "Railway Strategies": Project("06-railway-strategies", "Transport", 90, 4100),
    "Afforestation and Carbon Trading": Project(
        "07-afforestation", "Environment and Natural Resources", 75, 600
    ),
    "Building and Maintaining NRENs": Project("08-research-networks", "ICT", 145, 7300),
    "Small-scale Private Irrigation": Project("09-private-irrigation", "Agriculture", 85, 2500),
    "Nutritional Security and Social Protection": Project("10-nutrition", "Social Protection", 105, 900),
    "Migration Challenges and Opportunities": Project("11-migration", "Labour", 100, 3300),
    "Licensing Systems for Medical Practitioners": Project(
        "12-medical-licensing", "Health, Nutrition and Population", 70, 1200
    ),
    "Business Environment Reforms": Project(
        "13-business-environment", "Finance, Competitiveness and Innovation", 95, 0
    ),
    "Conditional Cash Transfers": Project("14-cash-transfers", "Social Protection", 125, 4600),
    "Accounting and Auditing": Project(
        "15-accounting-auditing", "Finance, Competitiveness and Innovation", 90, 1500
    ),
    "Community Forestry": Project("16-community-forestry", "Environment and Natural Resources", 100, 2200),
    "Hospital Policy and Management": Project(
        "17-hospital-policy", "Health, Nutrition and Population", 115, 3800
    ),
    "Social Security Administration Reform": Project("18-social-security", "Social Protection", 100, 2700),
    "National Road Infrastructure Planning": Project("19-road-planning", "Transport", 110, 1100),
    "Dairy Sector Policy Reform and Restructuring": Project("20-dairy-policy", "Agriculture", 105, 500),
    "Hydropower Development": Project("21-hydropower", "Energy", 50, 2000),
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
    "Social Protection": {"policy": "Processes and policy directions of the providers' safety nets"},
    "Garment Production": {
        "network": "A network of investors from several countries",
        "investment": "Investments that created some 7,000 jobs",
    },
}
"""Concrete results that S4 states by project, in Boxes 2 and 3."""
RESULTS_ELSEWHERE = {
    title: {kind: "S4 counts 15 of the 21 projects with concrete results and does not name this one"}
    for title, kind in {
        "ICT Exchange Visit": "action_plan",
        "Tackling Poverty": "action_plan",
        "CDD Housing Reconstruction": "pilot",
        "Railway Strategies": "strategy",
        "Small-scale Private Irrigation": "pilot",
        "Nutritional Security and Social Protection": "action_plan",
        "Licensing Systems for Medical Practitioners": "policy",
        "Business Environment Reforms": "action_plan",
        "Conditional Cash Transfers": "pilot",
        "Accounting and Auditing": "action_plan",
    }.items()
}
"""Ten more projects with results, filled in, so that there are as many as S4 counts."""
SUMMARIES = {
    "Afforestation and Carbon Trading": "Foresters from two Central Asian countries saw how Moldova plants"
    " trees on degraded land and sells the carbon; at home they began trials and registered projects.",
    "Building and Maintaining NRENs": "Six countries told four others how a research and education network"
    " is governed, paid for and connected; several networks are now being set up.",
    "Dairy Sector Policy Reform and Restructuring": "Officials and farmers of two East African countries"
    " studied how India built competitive dairy supply chains from village cooperatives; both wrote sector"
    " strategies, and a network of the participants goes on.",
    "Garment Production": "Investors and officials looked at garment making in Brazil and Singapore; firms"
    " that came to Haiti afterwards employ some 7,000 people.",
    "Hospital Policy and Management": "Senegal learned from Morocco and Tunisia how hospitals are managed"
    " and held to account; consensus grew, and the agency that was to oversee them did not come about.",
    "Social Protection": "Belize and Honduras took up processes and policies of the safety nets of Mexico,"
    " Jamaica and the Dominican Republic.",
}
"""Results stories, written from Boxes 2 and 3 of S4."""

TAUGHT_BY_COUNTERPART = "Dairy Sector Policy Reform and Restructuring"
"""The project in which the counterpart of S3 teaches. No source says which body taught in any of the 21."""
LATE_STORY = "Tackling Poverty"
NO_STORY = ("Railway Strategies", "Migration Challenges and Opportunities", "Hydropower Development")
NO_SURVEY = ("Licensing Systems for Medical Practitioners", "National Road Infrastructure Planning")
"""Projects without these records, so that something is overdue. No source says that they were missing."""
LATE_ENTRY = "Afforestation and Carbon Trading"
NO_TOUR = ("Migration Challenges and Opportunities", "Hydropower Development")
"""The two of the 21 without a study tour. S4 says that there are two, not which."""
KINDS = {"travel": "travel", "workshops": "workshop", "documentation": "other"}
"""What sort of cost each budget line is."""
REALLOCATED = ("Afforestation and Carbon Trading", "Tackling Poverty")
CORRECTED = "Afforestation and Carbon Trading"
HANDED_OVER = "Social Protection"
DROPPED = "Hospital Policy and Management"
"""Of the last two, S4 says that they would have needed more exchanges or support."""
WAITS = "Garment Production"
NEEDS = {HANDED_OVER: 60_000, DROPPED: 80_000, WAITS: 250_000}
"""US dollars that each follow-up needs. No source states the amounts."""
LESSONS = {
    HANDED_OVER: {
        "worked": "Processes and policies of the providers were taken up",
        "did_not_work": "There was no money to go on exchanging while the reforms were made",
        "why": "Reforms are made in steps, and each step raises new questions",
    },
    DROPPED: {
        "worked": "Awareness and consensus grew",
        "did_not_work": "The agency that was recommended did not come about",
        "why": "Technical and financial support afterwards was missing",
    },
    WAITS: {
        "worked": "Firms learned of the country and invested",
        "did_not_work": "The gains are not secured",
        "why": "Economic zones and other measures have yet to follow",
    },
}
"""The lessons of Box 3 of S4."""
