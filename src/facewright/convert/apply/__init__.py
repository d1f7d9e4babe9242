"""Application of translators: to the faces of a picture, and to whole pictures."""
