"""The budget lines of an approved grant."""
