"""What the studio answers to, by address."""
