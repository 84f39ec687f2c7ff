"""Reports of money committed and paid."""
