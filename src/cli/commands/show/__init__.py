"""Commands that show one grant, payment, call or fund, and that list grants."""
