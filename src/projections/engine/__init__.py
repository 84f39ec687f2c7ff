"""How views follow the journal: fold, projector, subscription, and what was known earlier."""
