"""What is done with weights: one command each."""
