"""Differentiable augmentation of batches; each picture gets its own random changes."""
