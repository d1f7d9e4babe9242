"""What made a file, written into the file."""
