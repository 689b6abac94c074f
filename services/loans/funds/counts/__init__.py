"""What funds hold and what is claimed of them, counted from sums that are kept."""
