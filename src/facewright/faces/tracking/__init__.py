"""Tracking of faces through the frames of a clip."""
