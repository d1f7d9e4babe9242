"""Provenance of results: manifests, consent, watermark, signatures."""
