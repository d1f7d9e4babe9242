"""Say who signed files, and whether they were altered since and are marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facewright.provenance.verify import Verified


def verify_files(files: list[Path], /) -> Verified:
    """Verify files: who signed them, whether they were altered since, and their watermarks.

    The exit status is 1 unless all files have a valid signature that this installation trusts, and
    are unaltered.

    Args:
        files: Pictures and clips, whoever made them.

    Returns:
        The result for each file.

    Raises:
        FileError: One cannot be read.

    Examples:
        facewright verify portrait.png
        facewright verify *.png *.mp4 --json
    """
    from facewright.provenance.verify import Verified, verify_file

    return Verified(tuple(verify_file(path) for path in files))
