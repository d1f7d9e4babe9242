"""Make a pack of emoji out of a photo or a seed: one for each expression, in several sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from facewright import __version__
from facewright.device import name_device
from facewright.errors import FileError, InputError
from facewright.hub.store import Progress
from facewright.provenance.publish import PICTURES, check_destination, publish_image
from facewright.tasks.consent import settle_consent
from facewright.tasks.drawing import DrawOptions
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.tasks.portraits import Portraits, draw_portrait, read_portraits
from facewright.tasks.rules import check_options
from facewright.toon.emoji import (
    EXPRESSIONS,
    Window,
    draw_emoji,
    find_window,
    lay_sheet,
    outline,
    sit,
    trim,
)
from facewright.toon.heads.crown import HairStyle
from facewright.types import Image, Manifest

KINDS = (".png", ".webp")
"""The endings of emoji: what can be transparent."""
SHEET = "pack.png"
"""The picture in the folder that shows all of them."""

_SHEET_SIZE = 256  # pixels of each on it
_SMALLEST, _LARGEST = 16, 1024
_NOT_RECORDED = {"seed", "consent", "device", "out", "overwrite"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EmojiOptions:
    """Whose emoji, which, and where to."""

    out: Path = Path("emoji")
    """The folder for the pack. Or a file (.png, .webp): one emoji, or several on a sheet."""
    seed: int | None = None
    """Draw a person who does not exist. Then no photo is named."""
    weights: str | None = None
    """The generator for --seed: a name that `facewright models list` shows, or a file."""
    psi: float = 0.7
    """Truncation psi for --seed: 1 is full variety, 0 is the average face."""
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


@dataclass(frozen=True, slots=True)
class Pack:
    """Someone's emoji, before they are cut to size."""

    emojis: dict[str, Image]
    """Expression → (height, width, 4)."""
    window: Window
    """What is cut out of each."""
    portraits: Portraits


def make_emoji(
    photo: list[str] | None = None,
    *,
    options: EmojiOptions | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Make emoji of a person: seven expressions as transparent PNG and WebP.

    The head is cut out, hair and all, and drawn like a cartoon: colours and proportions are those
    of the person, the expression is drawn.

    Args:
        photo: A picture that shows a face from the front; with --seed none.
        options: Whose emoji, which, and where to.
        progress: Is told how many files are written, and of how many.

    Returns:
        The files that were written.

    Raises:
        InputError: An option makes no sense, a file is there already, there is no consent, or no
            face that can be used.
        FileError: The photo is missing or damaged.
        WeightsError: There are no such weights.
    """
    options = options or EmojiOptions()
    check_emoji(photo or [], options)
    return make_with(open_lookout(options.device, progress), photo or [], options, progress)


def check_emoji(photo: Sequence[str], options: EmojiOptions) -> list[Item]:
    """Raise what makes no sense, before anything is loaded.

    Args:
        photo: One picture; none if the options have a seed.
        options: What to make.

    Returns:
        The files that would be written.

    Raises:
        InputError: An option makes no sense, a file is there already, or there is no consent.
        FileError: The photo is missing.
    """
    check_options(options)
    check_subject(photo, options.seed)
    settle_consent(options.consent, photo)
    items = plan_files(options)
    for item in items:
        check_destination(item.path, PICTURES, overwrite=options.overwrite)
    return items


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
    out = options.out
    if out.suffix.lower() in KINDS and not out.is_dir():
        return [Item(out, chosen, sizes[0])]
    if out.is_file() or out.suffix.lower() in {".jpg", ".jpeg", ".gif", ".mp4", ".svg"}:
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


def make_with(
    lookout: Lookout,
    photo: Sequence[str],
    options: EmojiOptions,
    progress: Progress | None = None,
) -> list[Path]:
    """Do what `make_emoji` does with networks that are open already.

    Args:
        lookout: What finds the face.
        photo: One picture; none if the options have a seed.
        options: Whose emoji, which, and where to.
        progress: Is told how many files are written, and of how many.

    Returns:
        The files that were written.
    """
    items = plan_files(options)
    pack = draw_pack(lookout, photo, options, progress)
    manifest = describe(lookout, photo, options, pack.portraits)
    written = []
    for item in items:
        parameters = {"only": ",".join(item.expressions), "sizes": str(item.size)}
        own = replace(manifest, parameters={**manifest.parameters, **parameters})
        cut = [trim(pack.emojis[name], pack.window, item.size) for name in item.expressions]
        image = cut[0] if len(cut) == 1 else lay_sheet(cut)
        quality, overwrite = options.quality, options.overwrite
        publish_image(image, item.path, own, quality=quality, overwrite=overwrite)
        written.append(item.path)
        if progress:
            progress(len(written), len(items))
    return written


def draw_pack(
    lookout: Lookout,
    photo: Sequence[str],
    options: EmojiOptions,
    progress: Progress | None = None,
) -> Pack:
    """Draw all expressions of a person; each is cut out in the same way, whichever are wanted.

    Args:
        lookout: What finds the face.
        photo: One picture; none if the options have a seed.
        options: Whose emoji.
        progress: Is told how far a download of weights is.

    Raises:
        InputError: There is no face that can be used.
    """
    if photo:
        portraits = read_portraits(lookout, photo[0], options.pick)
    else:
        drawn = DrawOptions(
            out=Path(),
            weights=options.weights,
            psi=options.psi,
            precision="float32",
            device=options.device,
        )
        portraits = draw_portrait(lookout, options.seed or 0, drawn, progress)
    one = portraits.portraits[0]
    try:
        sitter = sit(one.image, one.face.points, style=options.hair, generated=not photo)
    except InputError as error:
        raise InputError(f"{one.name}: {error}", hint=error.hint) from error
    emojis = {name: draw_emoji(sitter, name) for name in EXPRESSIONS}
    if options.outline:
        emojis = {name: outline(emoji) for name, emoji in emojis.items()}
    return Pack(emojis, find_window(list(emojis.values())), portraits)


def describe(
    lookout: Lookout, photo: Sequence[str], options: EmojiOptions, portraits: Portraits
) -> Manifest:
    """Say how emoji come about. Files count by name: the result may be published.

    Args:
        lookout: What found the face.
        photo: One picture, or none.
        options: What was asked for.
        portraits: The face.
    """
    said = {k: v for k, v in asdict(options).items() if k not in _NOT_RECORDED}
    said["face"] = Path(photo[0]).name if photo else None
    if portraits.seeds:
        said["weights"] = next(iter(portraits.models))
    return Manifest(
        task="emoji",
        parameters=said,
        seeds=portraits.seeds,
        models=lookout.models | portraits.models,
        sources={f"face/{name}": sha256 for name, sha256 in portraits.sources.items()},
        consent=settle_consent(options.consent, photo),
        version=__version__,
        torch=torch.__version__,
        device=name_device(lookout.device),
    )
