"""What lies in the file of a picture beside its pixels: kind, colour space, transparency, texts."""
