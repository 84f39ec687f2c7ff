"""Folds: the rows that each projection makes of the events of a grant, a call or the fund.

Nothing here knows SQLAlchemy: every command that records folds, but only a report makes a select.
"""
