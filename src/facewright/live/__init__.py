"""A camera or a running job, shown while it happens: what is on now, recordings, watching."""
