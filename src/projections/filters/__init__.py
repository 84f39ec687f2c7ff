"""Which grants and which days a report is limited to."""
