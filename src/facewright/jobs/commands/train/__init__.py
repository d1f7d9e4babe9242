"""Train networks: one command each."""
