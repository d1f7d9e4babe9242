"""The files of a pack of emoji, and how each is written."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from facewright.errors import InputError
from facewright.jobs.commands.photos.emoji.stickers import (
    SIZE,
    TRAY,
    TRAY_LIMIT,
    TRAY_SIZE,
    Messenger,
)

if TYPE_CHECKING:
    from facewright.types import Image, Json, Manifest

    Cut: TypeAlias = Callable[[str, int], Image]
    Animate: TypeAlias = Callable[[str, int], tuple[list[Image], list[float]]]

KINDS = (".png", ".webp")
"""File extensions of emoji; formats with transparency."""
MOVING = (".webp", ".webm")
"""File extensions of animated emoji."""
SHEET = "pack.png"
"""File name of the sheet of all expressions."""

_MASKS = ("mask", "person-mask")  # they show nobody, and a watermark would be noise in them
_SHEET_SIZE = 256  # pixels of each on it
_SMALLEST, _LARGEST = 16, 1024
_LOWER = (90, 80, 70, 60, 50, 40, 30, 20, 10)  # qualities that are tried until a file is small


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack."""

    path: Path
    expressions: tuple[str, ...]
    """One expression, or those on a sheet; or one part of a cut-out."""
    size: int
    moving: bool = False
    """Whether it is animated."""
    limit: int | None = None
    """Largest size in bytes, for which the quality is lowered; None for no limit."""


def plan_single(out: Path, chosen: Sequence[str], size: int, *, moving: bool) -> PackFile:
    """Plan a single file.

    Args:
        out: Its path.
        chosen: Expressions.
        size: Width of each emoji in pixels.
        moving: Whether it is animated.

    Raises:
        InputError: The format or the expressions do not fit animation, or its absence.
    """
    if moving and out.suffix.lower() not in MOVING:
        raise InputError(f"{out} cannot move", hint=f"one of: {', '.join(MOVING)}")
    if moving and len(chosen) > 1:
        raise InputError("one file shows one expression that moves", hint="--only happy")
    if moving and size % 2 and out.suffix.lower() == ".webm":
        raise InputError(f"a WebM has an even width, not {size}", hint="--sizes 512")
    if not moving and out.suffix.lower() not in KINDS:
        raise InputError(f"{out} is for what moves", hint="--animate")
    return PackFile(out, tuple(chosen), size, moving)


def plan_folder(
    out: Path, chosen: Sequence[str], sizes: Sequence[int], moving: Sequence[str]
) -> list[PackFile]:
    """List the files in the folder of a pack.

    Args:
        out: The folder.
        chosen: Expressions.
        sizes: Widths in pixels; the first is that of animated emoji.
        moving: Expressions that are also animated.
    """
    files = [
        PackFile(out / f"{name}-{size}{ending}", (name,), size)
        for name in chosen
        for size in sizes
        for ending in KINDS
    ]
    files += [PackFile(out / f"{name}-moving.webp", (name,), sizes[0], True) for name in moving]
    sheet = PackFile(out / SHEET, tuple(chosen), _SHEET_SIZE)
    return [*files, sheet] if len(chosen) > 1 else files


def plan_cutout(out: Path, chosen: Sequence[str], sizes: Sequence[int]) -> list[PackFile]:
    """List the files of a cut-out: the head in all sizes and formats, its mask and the crop in one.

    Args:
        out: The folder.
        chosen: Parts.
        sizes: Widths in pixels; the first is that of mask and crop.
    """
    files = []
    for part in chosen:
        widths = sizes if part == "head" else sizes[:1]
        endings = KINDS if part in ("head", "person") else KINDS[:1]
        for size in widths:
            stem = part if part.startswith("person") else f"{part}-{size}"
            files += [PackFile(out / f"{stem}{ending}", (part,), size) for ending in endings]
    return files


def plan_stickers(
    folder: Path, messenger: Messenger, chosen: Sequence[str], *, moving: bool
) -> list[PackFile]:
    """List the pictures of a pack for a messenger."""
    ending, limit = messenger.endings[moving], messenger.limits[moving]
    files = [PackFile(folder / f"{name}{ending}", (name,), SIZE, moving, limit) for name in chosen]
    shown = "happy" if "happy" in chosen else chosen[0]
    tray = PackFile(folder / TRAY, (shown,), TRAY_SIZE, limit=TRAY_LIMIT)
    return [*files, tray] if messenger.tray else files


def read_chosen(text: str | None, known: Sequence[str]) -> tuple[str, ...]:
    """Parse names of expressions or parts, and return them in their usual order.

    Args:
        text: Names such as "happy,sad"; None means all.
        known: All valid names.

    Raises:
        InputError: A name is unknown.
    """
    if text is None:
        return tuple(known)
    named = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in named if word not in known]
    if unknown or not named:
        raise InputError(
            f"`only` knows no `{unknown[0] if unknown else text}`",
            hint=f"some of: {', '.join(known)}",
        )
    return tuple(name for name in known if name in named)


def read_sizes(text: str) -> tuple[int, ...]:
    """Parse widths in pixels, such as "512,128".

    Raises:
        InputError: One is not a number, or out of range.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or not all(
        word.isdecimal() and _SMALLEST <= int(word) <= _LARGEST for word in words
    ):
        raise InputError(
            f"`sizes` takes numbers from {_SMALLEST} to {_LARGEST}, not `{text}`",
            hint="such as sizes=512,128,72",
        )
    return tuple(dict.fromkeys(int(word) for word in words))


class PackWriter:
    """Writer of the files of one pack; animations are drawn once per size."""

    def __init__(
        self, cut: Cut, manifest: Manifest, quality: int, animate: Animate | None = None
    ) -> None:
        """Take a pack.

        Args:
            cut: Returns one expression or part, in a given size.
            manifest: Manifest of all files, to which what differs between them is added.
            quality: Quality of WebP, 1 to 100.
            animate: Returns the frames of an expression, and how many seconds each is shown; None
                without animation.
        """
        self._cut, self._animate = cut, animate
        self._manifest, self._quality = manifest, quality
        self._moved: dict[tuple[str, int], tuple[list[Image], list[float]]] = {}

    def write(self, file: PackFile) -> Path:
        """Write a file; return its path.

        Raises:
            InputError: It is larger than its limit at the lowest quality.
            FileError: It cannot be written.
        """
        from facewright.provenance.publish import write_bytes

        data = self._render(file, self._quality)
        if file.limit is None:
            return write_bytes(file.path, data)
        lower = (quality for quality in _LOWER if quality < self._quality)
        while len(data) > file.limit and (quality := next(lower, None)):
            data = self._render(file, quality)
        if len(data) <= file.limit:
            return write_bytes(file.path, data)
        raise InputError(
            f"{file.path} has {len(data)} bytes, and {file.limit} are the most",
            hint="another photo, or another --style",
        )

    def _render(self, file: PackFile, quality: int) -> bytes:
        """Return the bytes of a file."""
        from facewright.provenance.marking import marking
        from facewright.provenance.publish import render_animation, render_image
        from facewright.toon.emoji import lay_sheet

        suffix = file.path.suffix.lower()
        own: dict[str, Json] = {
            "only": ",".join(file.expressions),
            "sizes": str(file.size),
            "animate": file.moving,
            "quality": quality,
        }
        manifest = replace(self._manifest, parameters={**self._manifest.parameters, **own})
        if file.moving:
            frames, seconds = self._move(file.expressions[0], file.size)
            return render_animation(frames, seconds, suffix, manifest, quality=quality)
        cut = [self._cut(name, file.size) for name in file.expressions]
        image = cut[0] if len(cut) == 1 else lay_sheet(cut)
        plain = file.expressions[0] in _MASKS
        with marking(wanted=False) if plain else contextlib.nullcontext():
            return render_image(image, suffix, manifest, quality=quality)

    def _move(self, expression: str, size: int) -> tuple[list[Image], list[float]]:
        """Return the frames of an expression, and how long each is shown."""
        if (expression, size) not in self._moved:
            if self._animate is None:
                raise InputError(f"`{expression}` does not move", hint="leave out --animate")
            self._moved[expression, size] = self._animate(expression, size)
        return self._moved[expression, size]
