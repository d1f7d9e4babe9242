"""Commands from raw pictures to a dataset."""
