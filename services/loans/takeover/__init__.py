"""A portfolio that comes from another system, or goes to one, with its whole history."""
