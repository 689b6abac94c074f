"""Explanations: an opinion for the person whom it is about, as text and as one page."""
