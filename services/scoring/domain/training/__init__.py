"""How is a scorecard learned from loans that ended? Arithmetic only; no file, no clock."""
