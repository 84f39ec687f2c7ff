"""Commands of ``grantbook export``: the book in other forms, one file for each."""
