"""A first look: a picture of each command, and a page that shows them."""
