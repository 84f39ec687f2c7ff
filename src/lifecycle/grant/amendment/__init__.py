"""Changes to an approved grant."""
