"""Reports of exchanges, countries, outcomes and follow-ups, and the library."""
