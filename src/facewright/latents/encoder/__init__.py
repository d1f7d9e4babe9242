"""Encoders (pSp) that estimate the latents of a face, and their training."""
