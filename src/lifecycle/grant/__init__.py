"""A grant: its state, what changes it, and what it owes."""
