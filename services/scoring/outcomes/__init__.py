"""Outcomes: what was decided on an application, and how its loan ended."""
