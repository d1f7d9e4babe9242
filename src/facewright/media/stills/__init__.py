"""Parts of still pictures: colour spaces, transparency, metadata."""
