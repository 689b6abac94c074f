"""How much one connected group owes the institution, and how much it may."""
