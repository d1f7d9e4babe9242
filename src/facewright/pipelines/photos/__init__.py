"""Pipelines that look at photos, or change the faces in them."""
