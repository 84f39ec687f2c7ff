"""All states of one grant, by day and by what was known, for a page that shows one of them at a time."""
