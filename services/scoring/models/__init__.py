"""The registry of scorecards: which version judges, which are tried, which are retired."""
