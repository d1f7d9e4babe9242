"""Facial expressions: classifiers, reading of clips, training."""
