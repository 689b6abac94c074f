"""Offers: the menu that came with an assessment, and what became of it."""
