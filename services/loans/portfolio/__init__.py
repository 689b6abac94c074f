"""How the whole portfolio stands on a day: lateness, buckets, what is at risk."""
