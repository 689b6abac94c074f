"""What one service may ask of another: types, protocol and HTTP client of each."""
