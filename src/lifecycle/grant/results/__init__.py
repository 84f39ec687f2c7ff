"""Results of a grant: reports, indicators and surveys."""
