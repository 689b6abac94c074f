"""What borrowers owe elsewhere: as they told it, and as a bureau's file says."""
