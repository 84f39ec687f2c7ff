"""The rows of the fund's own events."""
