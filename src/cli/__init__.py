"""The command line: a thin shell, without rules and without SQL."""

__distribution__ = "grantbook"
