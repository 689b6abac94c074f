"""Whether suspense and matches fit the books."""
