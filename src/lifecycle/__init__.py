"""The life of a fund, its calls and its grants: events, rules, decisions, journal, seal."""

__distribution__ = "grantbook"
