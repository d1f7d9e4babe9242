"""Commands that draw people who do not exist, or find them again in pictures."""
