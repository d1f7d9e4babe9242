"""Measure how good, how varied and how original the faces are."""
