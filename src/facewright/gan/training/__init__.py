"""Training of the generator: plan, presets, steps, snapshots, loop."""
