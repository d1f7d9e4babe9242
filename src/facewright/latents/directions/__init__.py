"""Ways to change one thing about a face: found, fitted, kept in files."""
