"""Reports of the fund and of its calls."""
