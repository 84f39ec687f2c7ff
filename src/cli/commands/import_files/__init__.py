"""``grantbook import`` and ``grantbook template``: files of other programs, and empty tables for them."""
