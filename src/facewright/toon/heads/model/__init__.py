"""A head in three dimensions as a linear model of the 468 points of a face mesh."""
