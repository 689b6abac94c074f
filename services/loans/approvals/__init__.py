"""Who decided what, at which level, and why."""
