"""The institution's own books: its chart, statements, periods, entries by hand, real accounts."""
