"""Faces to drawings."""
