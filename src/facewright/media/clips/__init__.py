"""Reading and writing of clips: pixels, times, sound, GIF."""
