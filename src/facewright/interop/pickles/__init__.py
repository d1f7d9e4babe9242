"""Reading pickles as data, without running what is in them."""
