"""Heads: cut out of pictures, or completed by drawing."""
