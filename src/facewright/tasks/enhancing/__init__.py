"""Make small or dull pictures large and clear, and train what does so."""
