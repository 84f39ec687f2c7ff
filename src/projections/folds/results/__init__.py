"""The rows of outcomes, indicators and follow-ups."""
