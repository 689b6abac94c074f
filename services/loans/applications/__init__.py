"""What borrowers ask for, and where each request stands."""
