"""Weights: catalog, download, files. Imports no network."""
