"""Characters out of people: breed generators, choose among them, and draw with them."""
