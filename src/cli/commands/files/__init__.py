"""Commands that take a file: an edition of a policy, a document."""
