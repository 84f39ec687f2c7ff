"""From the idea to the promise."""
