"""The faces of a clip, one frame after the other."""
