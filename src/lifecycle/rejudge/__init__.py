"""Entries and refusals judged again by the rules under which they were recorded."""
