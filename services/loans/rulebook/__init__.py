"""Facts of the rulebook that an institution gives itself, and which facts a decision used."""
