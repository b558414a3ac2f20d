"""What the JSON operations work with: pointers into trees, and what is copied or built by them."""
