"""Several funds behind one contract: who pays what, in which rank, and whose is what returns."""
