"""Pipelines that read photos, or change the faces in them."""
