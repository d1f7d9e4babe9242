"""Names and shapes of weights in other projects, and their conversion."""
