"""Anchors: a latent for each training picture, known before training begins."""
