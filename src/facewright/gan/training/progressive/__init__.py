"""Training of StyleGAN 1, resolution by resolution."""
