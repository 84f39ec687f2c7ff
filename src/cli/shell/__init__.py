"""The program's frame: options, settings, running a command, failures, logs."""
