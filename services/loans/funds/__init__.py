"""Whose money is lent: funds, their donors, receipts, and the claims on what is left."""
