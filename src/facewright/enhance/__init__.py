"""Enhancement of pictures: super-resolution, restoration, smoothing, sharpening."""
