"""Latents to pictures: the generator, how it is trained, how it is steered."""
