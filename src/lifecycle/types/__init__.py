"""The values that events and commands are made of: money, dates, codes, texts. No rules."""
