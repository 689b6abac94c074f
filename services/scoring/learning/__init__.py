"""The report of a training, for people: no table and no route of its own."""
