"""The events on the fund and on calls that are written with a grant's event."""
