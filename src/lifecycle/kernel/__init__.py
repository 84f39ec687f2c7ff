"""What every aggregate is built with: event, command, entry, refusal, rule."""
