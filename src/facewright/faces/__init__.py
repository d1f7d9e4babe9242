"""Faces in pictures: detection, alignment, masks, tracking, similarity."""
