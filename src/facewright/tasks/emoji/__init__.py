"""Emoji of a person: a pack of files, or drawn over a face while a camera looks."""
