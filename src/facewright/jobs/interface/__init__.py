"""Shared by all interfaces: inputs and options of commands as data, and calls of commands."""
