"""The progressive networks of StyleGAN 1."""
