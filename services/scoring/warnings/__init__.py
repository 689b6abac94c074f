"""Warnings: which running loans may fall behind, told to officers, and what became of each."""
