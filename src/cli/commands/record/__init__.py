"""``grantbook record``: the command, one run over a file, its lines, and ids for lines without one."""
