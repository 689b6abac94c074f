"""The proof of the sums that are kept beside the rows they add up."""
