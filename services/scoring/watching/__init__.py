"""Watching: does the card still work, is the challenger better, and are groups treated alike?"""
