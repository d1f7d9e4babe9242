"""Networks that find faces: detector and landmarks."""
