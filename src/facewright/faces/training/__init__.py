"""Training of the detector and the mesh network."""
