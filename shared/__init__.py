"""What two services need alike, each module named by what it is."""
