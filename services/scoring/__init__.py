"""The scoring service: how risky, how much a household carries, at which price and term."""
