"""Say how a file came about, without loading a network."""

from __future__ import annotations

from pathlib import Path

from facewright.provenance.publish import read_manifest
from facewright.types import Manifest


def show_file(file: Path) -> Manifest:
    """Read how a file came about.

    Args:
        file: A picture or clip that Facewright wrote.

    Returns:
        Its manifest.

    Raises:
        FileError: The file is missing, damaged, or carries no manifest.
    """
    return read_manifest(file)
