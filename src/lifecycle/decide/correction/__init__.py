"""Corrections: the commands, what may be corrected, by whom, and what else must still hold then."""
