"""Album pages of the web: their tags and pictures."""
