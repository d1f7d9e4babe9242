"""Pictures to faces to crops, and back into the picture."""
