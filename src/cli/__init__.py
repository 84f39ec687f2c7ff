"""The command line: a thin shell. No rules, no SQL."""

__distribution__ = "grantbook"
