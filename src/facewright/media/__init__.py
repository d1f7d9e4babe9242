"""Bytes to pictures and back. Below everything that looks at pixels."""
