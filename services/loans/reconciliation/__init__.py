"""Statements of banks and wallets beside the books: what agrees, what differs, what waits."""
