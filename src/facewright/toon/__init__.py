"""Cartoons and emoji of faces."""
