"""Names to weights. Knows no network."""
