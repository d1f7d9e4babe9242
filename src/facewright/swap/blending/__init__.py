"""Fitting a face into a picture: seam, light, fine detail."""
