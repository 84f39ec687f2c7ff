"""Bringing data in from files of other programs: rows with addresses, a map, a plan, and its sums."""
