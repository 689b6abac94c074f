"""What the books of loans did to each fund."""
