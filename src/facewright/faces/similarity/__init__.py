"""How alike two faces look, by features that are no identification."""
