"""Loans paid out: in cash at once, over a wallet when the payment has arrived."""
