"""What donors, states and lenders commit to a fund, what came of it, and on which results."""
