"""Bills of our contracts, paid through any mobile-money provider by the GSMA's standard."""
