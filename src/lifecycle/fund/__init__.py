"""The fund: its state, its officers and partners, its seat, and what it is owed."""
