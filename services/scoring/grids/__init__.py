"""Grids of criteria: registered, taken into use by a second person, answered and compared."""
