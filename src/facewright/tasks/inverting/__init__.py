"""Find the latents of people in photos."""
