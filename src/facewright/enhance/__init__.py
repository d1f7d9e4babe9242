"""Small or dull pictures to large, clear ones."""
