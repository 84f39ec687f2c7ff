"""A call for proposals."""
