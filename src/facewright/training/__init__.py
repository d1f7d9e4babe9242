"""What all trainers share: the loop, checkpoints, averaged weights, processes, log."""
