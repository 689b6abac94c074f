"""What a fund borrows of a lender, gives back, and still owes."""
