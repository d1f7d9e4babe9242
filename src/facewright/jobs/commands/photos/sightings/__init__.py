"""What is said of the faces that were found: records for people and scripts, and crops."""
