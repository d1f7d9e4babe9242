"""Files to files: what a user asks for, in one function each."""
