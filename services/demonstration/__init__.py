"""A demonstration institution, and the road on which many applications come to their money."""
