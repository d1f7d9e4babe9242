"""Show the manifest of a file, without loading a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facewright.types import Manifest


def show_file(file: Path) -> Manifest:
    """Read the manifest of a file.

    Args:
        file: A picture or clip that Facewright wrote.

    Returns:
        Its manifest.

    Raises:
        FileError: The file is missing, damaged, or carries no manifest.

    Examples:
        facewright show people.png
        facewright show people.png --json
    """
    from facewright.provenance.publish import read_manifest

    return read_manifest(file)
