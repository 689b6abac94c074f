"""The proof of the books: everything that is kept twice is computed again and compared."""
