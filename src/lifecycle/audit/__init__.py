"""What an auditor looks for in entries that are lawful: late ones, and ones of one recorder."""
