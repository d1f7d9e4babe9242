"""Pipelines, one per verb, in memory: loaded once, called on pictures, stepped through clips."""
