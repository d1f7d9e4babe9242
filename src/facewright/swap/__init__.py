"""One face onto another."""
