"""Orders on contracts: what changes an agreement after it was signed."""
