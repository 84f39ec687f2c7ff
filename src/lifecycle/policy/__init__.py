"""The fund's policy editions: limits and days as dated data with their sources."""
