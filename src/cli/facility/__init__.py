"""What the Facility itself published, as commands for ``grantbook demo``; see ``SOURCES.md``."""
