"""Take frames out of clips: every n-th, or the sharpest after each cut."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import cv2

from facewright.collect.sources.items import (
    Found,
    Item,
    Known,
    Note,
    Reading,
    Refusal,
    strip_name,
)
from facewright.errors import FileError, InputError
from facewright.faces.tracking.cuts import CutDetector
from facewright.media.video import check_complete, read_clip
from facewright.provenance.publish import render_entry
from facewright.types import Image, Manifest

_BLURRED = 20.0  # variance of the Laplacian of 8-bit grey: less is out of focus
_AFTER_CUT = 1.0  # seconds in which the sharpest frame is looked for


def read_frames(path: Path, reading: Reading) -> Iterator[Found]:
    """Take frames out of a clip.

    A clip that an earlier run has read to its end in the same way is known by its sha256.

    Args:
        path: The clip.
        reading: Its limits say which frames to take.

    Yields:
        The frames as JPEG pictures, each with the clip and its number in its manifest; damage ends
        the clip with a refusal.
    """
    limits = reading.limits
    if limits.every < 1:
        raise InputError(f"every {limits.every}th frame is invalid", hint="--every is 1 or more")
    way = "after cuts" if limits.after_cuts else f"every {limits.every}"
    try:
        sha256 = _hash_file(path)
        key = f"clip {sha256} {way}"
        if key in reading.seen:
            yield Known(str(path))
            return
        clip = read_clip(path)
        frames = enumerate(clip.frames)
        chosen = (
            _pick_after_cuts(frames, round(_AFTER_CUT * clip.rate))
            if limits.after_cuts
            else ((number, image) for number, image in frames if number % limits.every == 0)
        )
        labels = reading.find_labels(path.name)
        for number, image in chosen:
            manifest = Manifest("collect", {"frame": number}, sources={path.name: sha256})
            yield Item(f"{path}#{number}", render_entry(image, ".jpg", manifest), labels)
        check_complete(clip)
        yield Note(key, {"source": str(path)})
    except FileError as error:
        yield Refusal(str(path), strip_name(str(error), str(path)))


def measure_focus(image: Image) -> float:
    """Measure how sharp a whole picture is.

    Args:
        image: Any picture.

    Returns:
        The variance of the Laplacian of its grey levels (Pech-Pacheco et al. 2000): 0 for an even
        picture, about 20 for one out of focus, hundreds for a sharp one.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _pick_after_cuts(
    frames: Iterator[tuple[int, Image]], window: int
) -> Iterator[tuple[int, Image]]:
    """Yield the sharpest of the first frames of each shot, unless all of them are blurred."""
    best: tuple[float, int, Image] | None = None
    cuts, start = CutDetector(), 0
    for number, image in frames:
        if cuts.is_cut(image):
            if best:
                yield best[1], best[2]
            best, start = None, number
        if number - start < max(window, 1):
            sharpness = measure_focus(image)
            if sharpness >= max(_BLURRED, best[0] if best else 0):
                best = (sharpness, number, image)
    if best:
        yield best[1], best[2]


def _hash_file(path: Path) -> str:
    """Return the sha256 of a file that may be larger than the memory."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}") from error
