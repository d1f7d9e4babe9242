"""Checkpoints of other projects: read without running their code, and written for them."""
