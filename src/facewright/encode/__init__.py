"""Crops to latents."""
