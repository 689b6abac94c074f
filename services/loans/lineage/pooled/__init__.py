"""What is told of a mixed fund: the versions of its pool, and what was drawn from them."""
