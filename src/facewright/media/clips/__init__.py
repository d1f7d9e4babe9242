"""The parts of reading and writing clips: pixels, times, sound, GIF."""
