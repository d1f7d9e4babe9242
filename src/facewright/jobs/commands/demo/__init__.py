"""A first look: people, a mixing grid, a clip, and a page that shows them."""
