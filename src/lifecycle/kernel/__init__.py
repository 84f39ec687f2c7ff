"""What all aggregates are made of: event, command, entry, refusal, rule."""
