"""Reports of where grants stand."""
