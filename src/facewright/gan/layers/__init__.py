"""Layers of StyleGAN2: basic ones, the mapping network, modulated convolutions."""
