"""A map that is proposed for a table, from its header and its values."""
