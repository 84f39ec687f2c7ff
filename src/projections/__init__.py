"""The read side: the projector folds entries into tables, and reports read the tables.

It decides nothing. The rows have days, so that the same tables answer a report for any day. What depends on
*today* is computed when a report is run.
"""

__distribution__ = "grantbook"
