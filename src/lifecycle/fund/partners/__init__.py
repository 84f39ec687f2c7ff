"""Partners after they joined: their names, their leaving."""
