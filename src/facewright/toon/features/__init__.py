"""What a drawn face shows: eyes, brows, nose, mouth, and the mood they are in."""
