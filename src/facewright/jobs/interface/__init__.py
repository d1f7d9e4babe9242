"""What every way in to the commands shares: their inputs and options as data, and calling them."""
