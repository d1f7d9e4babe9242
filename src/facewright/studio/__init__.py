"""HTTP interface to all commands, and the web app that uses it."""
