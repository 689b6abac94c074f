"""What funds hold and what is claimed of them, in one statement."""
