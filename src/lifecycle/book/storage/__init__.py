"""Where a book is stored: in a folder or a database, with its documents, settings and officers' names."""
