"""A library of pictures, each with its source and licence; what was removed from it."""
