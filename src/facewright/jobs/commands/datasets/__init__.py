"""From raw pictures to a dataset: one command each."""
