"""Money on its way over a rail: requested, accepted, completed or failed, reversed."""
