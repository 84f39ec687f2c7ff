"""Records a command and the work that follows it, for the shell and for Python programs."""
