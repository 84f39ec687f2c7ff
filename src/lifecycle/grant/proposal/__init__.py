"""A grant's life from the proposal to its approval."""
