"""The products an institution offers, each version frozen."""
