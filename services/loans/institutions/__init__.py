"""Institutions, their branches, the people who work there and the programs they let in."""
