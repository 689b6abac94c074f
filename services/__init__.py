"""Rafid's three services: loans owns money, scoring owns opinions, monitoring owns observations."""
