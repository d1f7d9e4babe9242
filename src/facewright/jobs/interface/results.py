"""Inspect results of commands: sizes, thumbnails and provenance."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from facewright.errors import FacewrightError, FileError
from facewright.media.decode import read_image_header, read_reduced
from facewright.media.formats import find_kind
from facewright.media.stills.resize import fit_image
from facewright.media.video import read_clip
from facewright.provenance.marking import explain_mark
from facewright.provenance.publish import read_manifest, render_entry
from facewright.provenance.verify import verify_file
from facewright.types import Image, Manifest

_QUALITY = 82


@lru_cache(4096)
def measure_file(path: Path, changed: int) -> tuple[int | None, int | None]:  # noqa: ARG001
    """Return width and height of a picture or clip; None for what cannot be read.

    Args:
        path: The file.
        changed: Time of modification, so that a changed file is measured again.
    """
    try:
        if find_kind(path) == "clip":
            return read_clip(path, lenient=True).size
        width, height, _ = read_image_header(path)
    except FacewrightError:
        return None, None
    return width, height


def render_thumbnail(path: Path, side: int) -> bytes:
    """Return a small WebP of a picture, or of the first frame of a clip.

    Args:
        path: The file.
        side: Longer side of the thumbnail in pixels.

    Raises:
        FileError: It is neither, or damaged.
    """
    image = _read_first(path, side)
    try:
        manifest = read_manifest(path)
    except FileError:  # an upload
        manifest = Manifest("thumbnail", {})
    return render_entry(fit_image(image, side), ".webp", manifest, quality=_QUALITY)


def trace_file(path: Path) -> dict[str, Any]:
    """Return the provenance of a file: its manifest, signature and watermark.

    Raises:
        FileError: It is neither a picture nor a clip, or damaged.
    """
    verdict = verify_file(path)
    found = verdict.credentials
    try:
        manifest = found.manifest or read_manifest(path)
    except FileError:
        manifest = None
    said = asdict(found)
    said.pop("manifest")
    mark = verdict.watermark
    return {
        "manifest": _plain(manifest) if manifest else None,
        "credentials": said,
        "watermark": None if mark is None else {"value": mark, "says": explain_mark(mark)},
    }


def _plain(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as JSON holds it."""
    said = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
    return {k: dict(v) if hasattr(v, "items") else v for k, v in said.items()}


def _read_first(path: Path, side: int) -> Image:
    """Return a picture, or the first frame of a clip."""
    if find_kind(path) == "clip":
        return next(read_clip(path, lenient=True).frames)
    image, _ = read_reduced(path, least=side)
    return image
