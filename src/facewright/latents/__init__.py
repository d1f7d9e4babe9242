"""Latents: sample, mix, edit along directions, invert, tune; encoders; files of latents."""
