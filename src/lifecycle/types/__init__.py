"""The values that events and commands are made of: money, dates, codes, texts. They hold no rules."""
