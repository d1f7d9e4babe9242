"""Heads on their own: cut out of pictures, or completed."""
