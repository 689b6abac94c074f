"""What scoring told that persons approved there: proposed funds, and decided reviews of rates."""
