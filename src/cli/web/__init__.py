"""The book in a browser: pages that read what the commands and reports read. It holds no rule and no SQL."""
