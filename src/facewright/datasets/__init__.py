"""Read a prepared dataset: pictures, labels, order, cache."""
