"""The reports: one file each, with its columns, its fold and its select."""
