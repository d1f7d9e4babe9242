"""Commands of the generator: generation, inversion, editing."""
