"""Who borrows: persons, families, groups and micro-enterprises."""
