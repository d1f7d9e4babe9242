"""Discriminators on frozen features, and anchored pictures."""
