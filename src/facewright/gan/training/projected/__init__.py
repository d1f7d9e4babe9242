"""Training with discriminators on frozen features, and with anchors."""
