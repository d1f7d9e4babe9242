"""Matrices, resampling, and the topology of the mesh of 478 points."""
