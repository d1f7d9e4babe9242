"""Training of translators: CycleGAN, its plan, losses and snapshots."""
