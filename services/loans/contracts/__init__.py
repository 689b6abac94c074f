"""What was agreed with a borrower: frozen terms, instalments, and the sums paid so far."""
