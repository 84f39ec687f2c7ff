"""The command line: a thin shell. No rules, no SQL."""
