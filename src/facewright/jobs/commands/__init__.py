"""The commands: their options, and how each opens its pipeline."""
