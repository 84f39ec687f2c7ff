"""A book: its journal, views, documents and settings; and the handler of commands."""
