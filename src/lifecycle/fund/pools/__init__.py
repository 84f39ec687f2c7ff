"""Agreements of partners as pools of money, what grants draw from them, and what is set aside."""
