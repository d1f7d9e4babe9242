"""Commands over any number of pictures, with many workers on one machine or a cluster."""
