"""Who pays zakat, who receives it, what its work costs, and how long it lies."""
