"""A life in sentences."""
