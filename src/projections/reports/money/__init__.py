"""Reports of money promised and paid."""
