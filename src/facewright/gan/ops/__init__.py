"""The operations under the networks: each a reference, and a fast path equal to it."""
