"""Histories in sentences."""
