"""What scoring must know of applications before it is asked, and what it was asked."""
