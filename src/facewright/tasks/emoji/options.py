"""Whose emoji, which, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from facewright.errors import FileError, InputError
from facewright.jobs.checks import check_options
from facewright.jobs.outputs import MEANT_AS_FILE
from facewright.live.options import ShowOptions
from facewright.media.camera import PREFIX as CAMERA
from facewright.pipelines.consent import resolve_consent
from facewright.provenance.publish import CLIPS, PICTURES, check_destination
from facewright.toon.emoji import EXPRESSIONS
from facewright.types import TRUNCATION_PSI, HairStyle

EmojiStyle: TypeAlias = Literal["drawn", "photo", "toon", "baby"]

KINDS = (".png", ".webp")
"""The endings of emoji: what can be transparent."""
FOLDER = Path("emoji")
"""Where a pack goes unless the options say otherwise."""
SHEET = "pack.png"
"""The picture in the folder that shows all of them."""

_SHEET_SIZE = 256  # pixels of each on it
_SMALLEST, _LARGEST = 16, 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiOptions(ShowOptions):
    """Whose emoji, which, and where to."""

    out: Path | None = None
    """The folder for the pack, otherwise `emoji`. Or a file (.png, .webp): one emoji, or several on
    a sheet. With --live, the folder for snapshots and recordings, otherwise `live`."""
    live: str | None = None
    """Lay the emoji that fits over the face that this camera sees, such as camera:0, in a page that
    only this machine can open; camera:clip.mp4 for a clip that stands in. Nothing is written but
    what one keeps."""
    classifier: str | None = None
    """The network that names expressions, for --live: a name that `facewright models list` shows,
    or a file that `facewright train expressions` wrote; otherwise the one that ships."""
    seed: int | None = None
    """Draw a person who does not exist. Then no photo is named."""
    weights: str | None = None
    """The generator for --seed and --style: a name that `facewright models list` shows, or a
    file."""
    style: EmojiStyle = "drawn"
    """How expressions come about. drawn: by hand, as it were, sharp at any size. photo, toon, baby:
    a generator moves the latents of the face along each expression, and draws it as it is, as a
    toon or as a baby; of a photo, `photo` moves its own pixels."""
    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi for --seed, --psi for short: 1 is full variety, 0 is the average
    face."""
    only: str | None = None
    """Draw only these expressions, such as happy,sad; otherwise angry, disgust, fear, happy, sad,
    surprise and neutral."""
    sizes: str = "512,128,72"
    """Widths in pixels. One is enough for a single file; the first counts."""
    outline: bool = False
    """Lay a white rim around the head, as stickers have it."""
    hair: HairStyle = "auto"
    """Draw the hair: short or long. Otherwise it is cut out of the photo, and drawn only where the
    picture does not show it, as with --seed."""
    pick: str | None = None
    """Which face is taken of a photo that shows several: largest, left, right or a number."""
    consent: str | None = None
    """Who agreed to what, where a real person is shown; `self` if it is you, `generated` if nobody
    in it exists. It is written into the result."""
    quality: int = 95
    """Of WebP, 1 to 100; 100 keeps every pixel."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace files that are there already."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a pack."""

    path: Path
    expressions: tuple[str, ...]
    """One, or those on a sheet."""
    size: int


def check_emoji(photo: Sequence[str], options: EmojiOptions) -> list[Item]:
    """Reject invalid options before anything is loaded.

    Args:
        photo: One picture; none if the options have a seed.
        options: What to make.

    Returns:
        The files that would be written; none of them for a camera.

    Raises:
        InputError: An option is invalid, a file is there already, or there is no consent.
        FileError: The photo is missing.
    """
    check_options(options)
    check_subject(photo, options.seed)
    if options.live is not None:
        check_live(options)
        resolve_consent("emoji", options.consent, [*photo, options.live.removeprefix(CAMERA)])
        return []
    if options.show:
        raise InputError("--show needs a camera", hint="facewright emoji PHOTO --live camera:0")
    resolve_consent("emoji", options.consent, photo)
    items = plan_files(options)
    for item in items:
        check_destination(item.path, PICTURES, overwrite=options.overwrite)
        if any(item.path.exists() and item.path.samefile(name) for name in photo):
            raise InputError(f"{item.path} is the photo itself", hint="name another file")
    return items


def check_live(options: EmojiOptions) -> None:
    """Raise unless there is a camera to look through, and a folder for what is kept.

    Raises:
        InputError: It is no camera, or the destination is no folder.
    """
    out, camera = options.out, options.live or ""
    if not camera.startswith(CAMERA):
        raise InputError(
            f"`{camera}` is no camera", hint="--live camera:0, or camera:clip.mp4 for a clip"
        )
    if out is not None and (out.suffix.lower() in {*PICTURES, *CLIPS} or out.is_file()):
        raise InputError(
            f"{out} is a file; what is shown live goes to a folder",
            hint="-o FOLDER for snapshots and recordings",
        )


def check_subject(photo: Sequence[str], seed: int | None) -> None:
    """Raise unless one photo is named, or a seed.

    Raises:
        InputError: Neither is, or both are, or it is a folder.
        FileError: The photo is missing.
    """
    if len(photo) != (seed is None):
        raise InputError(
            f"emoji are made of one photo or of a seed, not of {len(photo)} photos"
            f"{'' if seed is None else ' and a seed'}",
            hint="facewright emoji PHOTO, or facewright emoji --seed 42",
        )
    for name in photo:
        if Path(name).is_dir():
            raise InputError(f"{name} is a folder", hint="name one picture")
        if not Path(name).is_file():
            raise FileError(f"there is no picture {name}", hint="check the name")


def plan_files(options: EmojiOptions) -> list[Item]:
    """List the files that the options ask for.

    Raises:
        InputError: An expression or a size is none, or the file has another extension.
    """
    chosen, sizes = read_expressions(options.only), _read_sizes(options.sizes)
    out = options.out or FOLDER
    if out.suffix.lower() in KINDS and not out.is_dir():
        return [Item(out, chosen, sizes[0])]
    meant_as_file = out.suffix.lower() in {*PICTURES, *CLIPS, *MEANT_AS_FILE}
    if out.is_file() or (meant_as_file and not out.is_dir()):
        raise InputError(
            f"{out} is no place for emoji", hint="name a folder, or one file: .png or .webp"
        )
    items = [
        Item(out / f"{name}-{size}{ending}", (name,), size)
        for name in chosen
        for size in sizes
        for ending in KINDS
    ]
    return [*items, Item(out / SHEET, chosen, _SHEET_SIZE)] if len(chosen) > 1 else items


def read_expressions(text: str | None) -> tuple[str, ...]:
    """Read which expressions are drawn, in their usual order.

    Args:
        text: Such as "happy,sad"; None is all of them.

    Raises:
        InputError: One of them is none.
    """
    if text is None:
        return EXPRESSIONS
    named = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in named if word not in EXPRESSIONS]
    if unknown or not named:
        raise InputError(
            f"--only knows no `{unknown[0] if unknown else text}`",
            hint=f"some of: {', '.join(EXPRESSIONS)}",
        )
    return tuple(name for name in EXPRESSIONS if name in named)


def _read_sizes(text: str) -> tuple[int, ...]:
    """Read widths in pixels."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or not all(
        word.isdecimal() and _SMALLEST <= int(word) <= _LARGEST for word in words
    ):
        raise InputError(
            f"--sizes takes numbers from {_SMALLEST} to {_LARGEST}, not `{text}`",
            hint="such as --sizes 512,128,72",
        )
    return tuple(dict.fromkeys(int(word) for word in words))
