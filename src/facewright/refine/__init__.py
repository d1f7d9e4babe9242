"""Refinement of generated faces: twice the size, with matching detail."""
