"""The books: accounts, the append-only journal, its chain, and closed periods."""
