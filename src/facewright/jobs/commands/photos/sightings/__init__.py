"""Records of detected faces for people and scripts, and crops."""
