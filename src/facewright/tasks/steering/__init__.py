"""Change a face through its latents: another's styles in some layers, or along a direction."""
