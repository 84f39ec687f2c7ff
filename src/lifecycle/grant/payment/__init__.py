"""Money out, money back, and money of others."""
