"""Reminders: who owes something soon is told, once, at a decent hour, if he allowed it."""
