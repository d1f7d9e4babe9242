"""Reading of clips: packets, times, colours, interlacing."""
