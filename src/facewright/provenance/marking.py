"""Which results carry the watermark, and with which bits."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from facewright.provenance.manifest import to_text
from facewright.provenance.policy import find_policy
from facewright.provenance.watermark import NARROWEST, SMALLEST, Marker, is_markable
from facewright.types import Manifest

MARK_VARIABLE = "FACEWRIGHT_WATERMARK"
"""Environment variable: `off` leaves the watermark out, which the manifest records."""

WATERMARK = "watermark"
"""Key in the marks of a manifest: the bits in the picture, or why there are none."""

_OFF = "off"
_OF_FRAMES = {"second", "stopped_after"}  # parameters of one frame, or of a clip once it is made
_KINDS: tuple[Literal["generated"], Literal["altered"]] = ("generated", "altered")


def choose_mark(manifest: Manifest, size: tuple[int, int]) -> tuple[Manifest, Marker | None]:
    """Choose the watermark of a result.

    Args:
        manifest: Its manifest.
        size: Width and height in pixels.

    Returns:
        The manifest, with the bits of the watermark or why there is none; and the marker, if any.
    """
    marks = {name: said for name, said in manifest.marks.items() if name != WATERMARK}
    marker = None
    if find_policy(manifest.task).marks:
        if os.environ.get(MARK_VARIABLE, "").lower() == _OFF:
            marks[WATERMARK] = _OFF
        elif not is_markable(size):
            least = f"it takes {SMALLEST}×{SMALLEST}, and {NARROWEST} on the shorter side"
            marks[WATERMARK] = f"none: {size[0]}×{size[1]} pixels are too few; {least}"
        else:
            value = number_manifest(manifest)
            marks[WATERMARK] = f"{value:08x}"
            marker = _prepare(size, value)
    return replace(manifest, marks=marks), marker


def number_manifest(manifest: Manifest) -> int:
    """Return the 32 bits of the watermark for a manifest.

    The first eight are 1 for generated and 2 for altered; the others identify the picture: bits of
    the sha256 of the manifest, without entries that may differ when the same picture is made again,
    or from frame to frame of a camera.
    """
    kind = 0 if find_policy(manifest.task).effect == "generates" else 1  # of `_KINDS`
    said = {k: v for k, v in manifest.parameters.items() if k not in _OF_FRAMES}
    same = replace(manifest, parameters=said, version="", torch="", device="", marks={})
    digest = hashlib.sha256(to_text(same).encode()).digest()
    return (kind + 1) << 24 | int.from_bytes(digest[:3], "big")


def explain_mark(value: int) -> str:
    """Describe the bits of a watermark in words.

    >>> explain_mark(0x02ABCDEF)
    'altered, number abcdef'
    """
    kind = value >> 24
    known = _KINDS[kind - 1] if 1 <= kind <= len(_KINDS) else f"of unknown kind {kind}"
    return f"{known}, number {value & 0xFFFFFF:06x}"


@contextlib.contextmanager
def marking(*, wanted: bool) -> Iterator[None]:
    """Switch the watermark on or off inside a block, overriding the environment.

    Args:
        wanted: Whether results carry the watermark.
    """
    before = os.environ.get(MARK_VARIABLE)
    try:
        os.environ[MARK_VARIABLE] = "on" if wanted else _OFF
        yield
    finally:
        if before is None:
            os.environ.pop(MARK_VARIABLE, None)
        else:
            os.environ[MARK_VARIABLE] = before


def was_marked(manifest: Manifest) -> bool:
    """Return whether the watermark was switched on for a file, even if it is too small for it."""
    return manifest.marks.get(WATERMARK, _OFF) != _OFF


@lru_cache(maxsize=2)
def _prepare(size: tuple[int, int], value: int) -> Marker:
    """Return a marker, cached for recent pictures."""
    return Marker(size, value)
