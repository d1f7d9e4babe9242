"""Similarity of faces by appearance, which is no identification."""
