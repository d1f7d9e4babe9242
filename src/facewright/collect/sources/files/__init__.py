"""Folders, archives and clips on this machine."""
