"""Measure the quality, variety and originality of generated faces."""
