"""The Facility's own published facts, as commands for ``grantbook demo``; see ``SOURCES.md``."""
