"""Commands over files: one engine, and one file per command."""
