"""The map of an import: which cells become which commands, and by which rules they are read."""
