"""What is held of borrowers' own money for their contracts: savings and own contributions."""
