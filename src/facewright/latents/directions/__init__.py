"""Directions in w that change one attribute of a face: found, fitted, stored."""
