"""Fairness: who was approved, by groups that no card and no opinion knows."""
