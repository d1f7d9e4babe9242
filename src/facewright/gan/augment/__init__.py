"""What augmentation can do to a batch of pictures, differentiably, each picture in its own way."""
