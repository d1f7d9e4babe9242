"""Pipelines that draw people who do not exist, and work on their latents."""
