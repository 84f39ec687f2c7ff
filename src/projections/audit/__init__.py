"""What an auditor looks for in entries that the rules allow: late ones, and ones of one recorder."""
