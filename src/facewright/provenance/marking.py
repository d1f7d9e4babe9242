"""Decide which results carry the watermark, and what it says."""

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
"""`off` leaves the watermark out; the manifest says so."""

WATERMARK = "watermark"
"""Among the marks of a manifest: the bits that the picture carries, or why it carries none."""

_OFF = "off"
_OF_FRAMES = {"second", "stopped_after"}  # parameters of one frame, or of a clip once it is made
_KINDS: tuple[Literal["generated"], Literal["altered"]] = ("generated", "altered")


def choose_mark(manifest: Manifest, size: tuple[int, int]) -> tuple[Manifest, Marker | None]:
    """Say how a result is marked.

    Args:
        manifest: How it came about.
        size: Width and height in pixels.

    Returns:
        The manifest, which says what the mark carries or why there is none; and what marks.
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
    """Return the 32 bits that mark what a manifest is about.

    The first eight say what it is, 1 for generated and 2 for altered; the others tell pictures
    apart: they are those of the sha256 of the manifest, but for what may differ where the same
    picture is made again, and what differs from frame to frame of a camera.
    """
    kind = 0 if find_policy(manifest.task).effect == "generates" else 1  # of `_KINDS`
    said = {k: v for k, v in manifest.parameters.items() if k not in _OF_FRAMES}
    same = replace(manifest, parameters=said, version="", torch="", device="", marks={})
    digest = hashlib.sha256(to_text(same).encode()).digest()
    return (kind + 1) << 24 | int.from_bytes(digest[:3], "big")


def explain_mark(value: int) -> str:
    """Return what the bits of a mark say, in words.

    >>> explain_mark(0x02ABCDEF)
    'altered, number abcdef'
    """
    kind = value >> 24
    known = _KINDS[kind - 1] if 1 <= kind <= len(_KINDS) else f"of unknown kind {kind}"
    return f"{known}, number {value & 0xFFFFFF:06x}"


@contextlib.contextmanager
def marking(*, wanted: bool) -> Iterator[None]:
    """Mark what is written inside a block, or do not, whatever the environment says.

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
    """Tell whether a file was written with the watermark, were it only large enough for it."""
    return manifest.marks.get(WATERMARK, _OFF) != _OFF


@lru_cache(maxsize=2)
def _prepare(size: tuple[int, int], value: int) -> Marker:
    """Draw a pattern, or take that of the last pictures."""
    return Marker(size, value)
