"""The obligations of grants: when they are due, and whether they were met (domain §6)."""
