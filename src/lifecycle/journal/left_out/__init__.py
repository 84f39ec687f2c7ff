"""Rows of a journal that count in no state: those that are quarantined, and those of stopped streams."""
