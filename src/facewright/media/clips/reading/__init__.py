"""The parts of reading clips: packets, times, colours, fields."""
