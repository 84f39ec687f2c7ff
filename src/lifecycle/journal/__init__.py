"""The event store: the only room, beside `book`, that knows the eventsourcing library."""
