"""What `evaluate` measures, and the page that shows it."""
