"""The portfolio: money that moved, as loans told it, and what it adds up to on any two dates."""
