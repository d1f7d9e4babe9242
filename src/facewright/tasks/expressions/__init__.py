"""Read expressions in pictures and clips, and train what does."""
