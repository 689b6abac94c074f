"""What waits for money, and which funds may give it: what a run of the assignment is made from."""
