"""Pipelines of the generator: generation, inversion, editing."""
