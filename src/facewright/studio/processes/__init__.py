"""The processes that a studio starts."""
