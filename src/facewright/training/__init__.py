"""What every trainer shares: the loop, checkpoints, averaged weights, processes, log."""
