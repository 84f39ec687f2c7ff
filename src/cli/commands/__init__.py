"""The commands that are not made from the catalogue, a file a group."""
