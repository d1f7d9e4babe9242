"""The parts that every training loop shares."""
