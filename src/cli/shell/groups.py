"""The groups of commands, with the help of each."""

GROUPS = {
    "fund": "Partners, contributions and policy of the fund.",
    "policy": "Editions of windows and limits, before the fund adopts them.",
    "call": "Calls for proposals.",
    "directory": "Institutions, offers of experience and needs.",
    "officer": "Officers: their roles and names.",
    "grant": "A grant's life, from proposal to closure.",
    "activity": "Exchange activities.",
    "payment": "Payments: requested, authorised, paid.",
    "follow-up": "Actions agreed for after a grant's activities.",
    "document": "Files attached to grants and to the fund.",
    "library": "What grants teach: stories, reports and lessons.",
    "audit": "Who did what, what was true and what was known; seals and proofs.",
    "views": "The tables that reports read.",
    "report": "What the entries add up to.",
    "export": "The book in other forms, for other programs.",
}
"""The groups with their help, in the order of ``--help``."""
