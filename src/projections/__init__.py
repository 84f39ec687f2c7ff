"""What the entries add up to: read tables, the reports made from them, and the projector between.

Nothing here decides anything. Events are stored with their days, so every report is asked of the same
tables for any day; what depends on *today* is computed when asked.
"""

__distribution__ = "grantbook"
