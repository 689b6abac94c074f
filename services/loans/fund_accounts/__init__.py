"""What a fund's money did in a period, to the last unit, and how hard it worked."""
