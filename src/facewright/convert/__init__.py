"""Pictures of one style to pictures of another."""
