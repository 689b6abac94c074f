"""What was done against the Sharia, what boards decided of it, and what went to charity."""
