"""Crops to expressions."""
