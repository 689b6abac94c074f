"""Which fund should finance which waiting application? A proposal; a person approves it."""
