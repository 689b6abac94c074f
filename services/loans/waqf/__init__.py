"""The business of a waqf: its deed, what two persons decide, its yield, its position."""
