"""Features of a drawn face: eyes, brows, nose, mouth, and their moods."""
