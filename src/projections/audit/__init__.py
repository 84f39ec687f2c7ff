"""Questions of auditors on entries that the rules allow: late entries, and one recorder on both sides."""
