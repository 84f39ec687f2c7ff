"""The journal on PostgreSQL: eventsourcing's own recorder, with what a book of record needs beside it.

Loaded only for a book whose place is the address of a database.
"""

from lifecycle.journal.postgresql.recorder import JournalFactory, settings

__all__ = ["JournalFactory", "settings"]
