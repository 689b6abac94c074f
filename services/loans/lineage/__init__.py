"""Whose money stands where: every unit of a fund, followed from its receipt and back to it."""
