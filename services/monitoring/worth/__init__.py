"""What one more unit in each fund would bring, as approved runs of the assignment found it."""
