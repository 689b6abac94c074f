"""What borrowers pay: received, allocated, reversed; the pulse of the system."""
