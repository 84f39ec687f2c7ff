"""Recording a command with all that follows it, for the shell and for programs alike."""
