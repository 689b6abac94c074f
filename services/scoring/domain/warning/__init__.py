"""Which running loans may fall behind? Dated facts to signals, signals to grades; no clock."""
