"""Keep views at the journal's end, rebuild them, check them, and read them as known earlier."""
