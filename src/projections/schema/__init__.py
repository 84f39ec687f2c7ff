"""The tables of the views, the columns of reports, and the SQL expressions that selects share."""
