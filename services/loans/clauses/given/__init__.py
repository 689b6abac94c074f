"""What was given of funds before, as their clauses count it."""
