"""What is to be collected on a day, and the day's money as it was brought in, line by line."""
