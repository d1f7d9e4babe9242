"""Translators put to use: on faces where they are, and on whole pictures."""
