"""Latents to pictures: generator, discriminator and their training."""
