"""Live view of a camera or a running job: session, recordings, watching."""
