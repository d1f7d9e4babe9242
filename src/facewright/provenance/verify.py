"""Verify a file: who signed it, whether it was altered since, and its watermark."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from facewright.errors import FileError
from facewright.media.decode import read_image
from facewright.media.formats import find_kind
from facewright.media.video import read_clip
from facewright.provenance.credentials import Credentials, read_credentials
from facewright.provenance.marking import explain_mark, number_manifest
from facewright.provenance.publish import read_manifest
from facewright.provenance.watermark import read_watermark

_STEP, _FRAMES = 5, 12  # of a clip, every fifth frame is looked at, and no more than so many


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of verifying one file."""

    path: Path
    credentials: Credentials
    claims: str = ""
    """The command in an unsigned manifest of the file, which anybody could have written."""
    watermark: int | None = None
    """The 32 bits of the watermark in the picture; None if there is none."""

    @property
    def sound(self) -> bool:
        """Whether the file has a valid signature of a trusted signer and is unaltered."""
        return self.credentials.trusted and bool(self.credentials.unaltered)

    @property
    def marked(self) -> str:
        """Description of the watermark; empty if there is none."""
        if self.watermark is None:
            return ""
        said, manifest = explain_mark(self.watermark), self.credentials.manifest
        other = manifest is not None and self.watermark != number_manifest(manifest)
        return f"{said}, that of another picture" if other else said


@dataclass(frozen=True, slots=True)
class Verified:
    """The results of verifying several files."""

    files: tuple[Verdict, ...]

    @property
    def failed(self) -> bool:
        """Whether a file is not signed by a trusted signer, or was altered."""
        return not all(verdict.sound for verdict in self.files)


def verify_file(path: Path) -> Verdict:
    """Say of a file who signed it, whether it was altered since, and whether it is marked.

    Args:
        path: A picture or clip of any origin.

    Raises:
        FileError: It cannot be read.
    """
    credentials = read_credentials(path)
    claims = "" if credentials.manifest else _read_note(path)
    return Verdict(path, credentials, claims, _find_mark(path))


def _find_mark(path: Path) -> int | None:
    """Return the bits of the watermark of a picture, or of some frames of a clip."""
    try:
        moves = find_kind(path) == "clip"
        images = read_clip(path).frames if moves else iter([read_image(path)])
        for image in islice(images, 0, _STEP * _FRAMES, _STEP):
            if found := read_watermark(image):
                return found.value
    except FileError:
        return None
    return None


def _read_note(path: Path) -> str:
    """Return the command that an unsigned manifest in a file names, if there is one."""
    try:
        return read_manifest(path).task
    except FileError:
        return ""
