"""From files to signed files: one engine, and one file per command."""
