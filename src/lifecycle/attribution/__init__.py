"""Whose money it was: commitments drawn from partners, and payments split over the draws."""
