"""Reports of exchanges, countries, outcomes and value."""
