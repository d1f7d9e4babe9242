"""What the two face networks learn from."""
