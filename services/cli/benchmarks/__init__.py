"""Benchmarks: commands that print figures; nothing here is part of a test."""
