"""Files of banks: what we ask them to pay, and what they say of an account."""
