"""Faces of a generator at twice their size, with the detail that belongs there."""
