"""Who may talk to the studio, and how much: addresses, tokens, limits, certificates."""
