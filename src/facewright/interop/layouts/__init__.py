"""How each project names and shapes its weights, and what that is here."""
