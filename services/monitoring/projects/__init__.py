"""Projects: what a contract agreed, and the life of what its money paid for."""
