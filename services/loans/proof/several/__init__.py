"""The proof of contracts that several funds finance together."""
