"""What a grant owes, when, and whether it was met (domain §6)."""
