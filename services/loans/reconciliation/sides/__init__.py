"""Both sides of a real account: the lines of its statements, and our own movements."""
