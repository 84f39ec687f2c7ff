"""Reports of indicators, ratings and surveys."""
