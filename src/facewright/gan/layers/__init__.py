"""The layers of StyleGAN 2: plain, mapping network, modulated."""
