"""Agreements of partners as pools of money, and what grants draw from them."""
