"""The steps from raw pictures to an aligned dataset."""
