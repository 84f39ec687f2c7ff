"""What may happen to a grant, and what did: facts, rules, history, journal."""

__distribution__ = "grantbook"
