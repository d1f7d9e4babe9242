"""What to convert, how, and where to: the options, and what is invalid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from facewright.collect.sources.files.archives import is_archive
from facewright.collect.sources.walk import check_paths, is_clip
from facewright.convert.generators import check_strength
from facewright.errors import InputError
from facewright.faces.choose import check_choice
from facewright.pipelines.consent import resolve_consent
from facewright.tasks.destinations import Output, plan_results
from facewright.tasks.rules import check_options

_PAGE = ".html"
_MOST_STEPS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """How to convert, and where to."""

    with_: str
    """The translator: a name that `facewright models list` shows, such as ageing, or a file that
    `facewright train translator` wrote. With :reverse behind it, the way back."""
    out: Path
    """The picture (.png, .jpg, .webp, .bmp) or clip (.mp4, .gif) to write; of a folder or several
    sources, a folder; with --page a page (.html)."""
    strength: float = 1.0
    """How much changes: 0 nothing, 1 what the translator does, up to 2 more of the same."""
    steps: int | None = None
    """Draw a strip of so many pictures, from nothing to --strength."""
    strip: bool = False
    """Draw before and after side by side."""
    page: bool = False
    """Write a page that shows before and after with a slider, all in one file."""
    whole: bool = False
    """Translate all of the picture, whether it shows a face or not."""
    enhance: bool = False
    """Smooth what was translated, then sharpen it."""
    faces: str = "all"
    """Which faces: all, largest, left, right, or a number (1 is the largest)."""
    consent: str | None = None
    """Who agreed to what, where a real person is shown; `self` if it is you, `generated` if nobody
    in it exists. It is written into the result."""
    smallest: float | None = None
    """The smallest face to look for, in pixels; otherwise 24, or 2 % of the longer side of a large
    picture."""
    threshold: float = 0.4
    """Leave out faces of which the detector is less sure, 0.01 to 0.99."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""
    finder: str | None = None
    """The network that finds faces: a name that `facewright models list` shows, or a file that
    `facewright train finder` wrote; the one that ships with the package if not given."""
    mesh: str | None = None
    """The network that places points on them: likewise, from `facewright train mesh`."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Number format of the convolutions; auto is bfloat16 where the processor multiplies it
    natively."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace a file that is there already."""
    lenient: bool = False
    """Exit with 0 even if a clip breaks off, once what is there of it was used."""


def check_convert(sources: Sequence[str], options: ConvertOptions) -> Output:
    """Reject invalid options before anything is loaded.

    Args:
        sources: Pictures, clips, folders and archives.
        options: How to convert.

    Returns:
        Where results go.

    Raises:
        InputError: An option is invalid, a file is there already, or there is no consent.
        FileError: A source does not exist.
    """
    check_paths(sources)
    _check_numbers(options)
    try:
        check_choice(options.faces)
    except InputError as error:
        raise InputError(f"--faces: {error}", hint=error.hint) from error
    _check_views(sources, options)
    resolve_consent("convert", options.consent, sources)
    if options.page:
        return _plan_page(options)
    return plan_results(options.out, sources, overwrite=options.overwrite)


def read_way(text: str) -> tuple[str, str]:
    """Split what --with names into the weights and the direction.

    Example:
        >>> read_way("ageing:reverse"), read_way("ageing"), read_way("runs/a.safetensors")
        (('ageing', 'reverse'), ('ageing', ''), ('runs/a.safetensors', ''))
    """
    name, colon, direction = text.rpartition(":")
    if not colon or Path(text).is_file() or "/" in direction or "\\" in direction:
        return text, ""
    return name, direction


def is_single(sources: Sequence[str]) -> bool:
    """Tell whether one picture or clip is named, so that what goes wrong with it is an error."""
    path = Path(sources[0])
    return len(sources) == 1 and path.is_file() and not is_archive(path)


def _check_numbers(options: ConvertOptions) -> None:
    """Raise unless every number makes sense."""
    check_strength(options.strength)
    if options.steps is not None and not 2 <= options.steps <= _MOST_STEPS:
        raise InputError(
            f"--steps is 2 to {_MOST_STEPS}, not {options.steps}",
            hint="the number of pictures in the strip, the one before among them",
        )
    check_options(options)


def _check_views(sources: Sequence[str], options: ConvertOptions) -> None:
    """Raise unless strips and pages are asked for where they make sense."""
    clip_source = any(is_clip(Path(source)) for source in sources)
    for name, wanted in (
        ("--steps", options.steps is not None),
        ("--strip", options.strip),
        ("--page", options.page),
    ):
        if wanted and clip_source:
            raise InputError(f"{name} is for pictures", hint="leave it out for clips")
    if options.strip and options.steps is not None:
        raise InputError("--steps draws a strip already", hint="leave out --strip")
    if options.strip and options.page:
        raise InputError("--page shows before and after already", hint="leave out --strip")


def _plan_page(options: ConvertOptions) -> Output:
    """Return a page as destination."""
    out = options.out
    if out.suffix.lower() != _PAGE or out.is_dir():
        raise InputError(f"{out} is no page", hint=f"a page ends in {_PAGE}: -o ageing{_PAGE}")
    if out.exists() and not options.overwrite:
        raise InputError(
            f"{out} is there already", hint="pass --overwrite to replace it, or another name"
        )
    return Output(file=out)
