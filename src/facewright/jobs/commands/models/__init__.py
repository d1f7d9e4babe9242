"""Commands for weights, a file each."""
