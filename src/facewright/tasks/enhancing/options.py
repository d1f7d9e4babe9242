"""How pictures and clips are made clear, and where they go."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from facewright.collect.sources.walk import check_paths
from facewright.enhance.chain import ChainOptions, check_chain
from facewright.enhance.filters import read_strength
from facewright.errors import InputError
from facewright.faces.choose import check_choice
from facewright.pipelines.consent import resolve_consent
from facewright.tasks.destinations import plan_results
from facewright.tasks.rules import check_options
from facewright.types import Smoothing

Scale = Literal[1, 2, 4]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnhanceOptions:
    """How pictures and clips are made clear, and where they go."""

    out: Path
    """The picture (.png, .jpg, .webp) or clip (.mp4, .gif) to write; or a folder for several."""
    scale: Scale = 2
    """How many times larger. At 1 the size stays, and only --smooth and --sharpen change
    something, unless --weights names a network that restores."""
    smooth: float | str = 0.0
    """How much to smooth after that: light, medium, strong, or a number from 0 to 5."""
    sharpen: float | str = 0.0
    """How much to sharpen at last, likewise."""
    smoothing: Smoothing = "gaussian"
    """How to smooth: gaussian blurs everything alike, bilateral and guided keep edges."""
    faces: str | None = None
    """Make only faces clear: all, largest, left, right or a number (1 is the largest); the rest is
    enlarged without a network. Otherwise the whole picture."""
    weights: str | None = None
    """The network that enlarges: a name that `facewright models list` shows, or a file; otherwise
    the one that ships for the scale."""
    threshold: float = 0.4
    """Leave out faces of which the detector is less sure, 0.01 to 0.99."""
    consent: str | None = None
    """Who agreed to what, where real people are shown; it is written into the result."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace files that are there already."""
    lenient: bool = False
    """Exit with 0 even if a clip breaks off, once what is there of it was used."""


def check_enhance(sources: Sequence[str], options: EnhanceOptions) -> None:
    """Reject invalid options before anything is loaded.

    Raises:
        InputError: An option is invalid, a file is there already, or there is no consent.
        FileError: A source does not exist.
    """
    check_options(options)
    check_paths(sources)
    check_chain(read_chain(options))
    if options.scale not in get_args(Scale):
        raise InputError(f"--scale is 1, 2 or 4, not {options.scale}")
    touched = read_strength(options.smooth) or read_strength(options.sharpen)
    if options.scale == 1 and options.weights is None and not touched:
        raise InputError(
            "at --scale 1 without --smooth and --sharpen, nothing changes",
            hint="--smooth 0.8 --sharpen 1.2, or --scale 2",
        )
    if options.faces is not None:
        check_choice(options.faces)
    plan_results(options.out, sources, overwrite=options.overwrite)
    resolve_consent("enhance", options.consent, sources)


def read_chain(options: EnhanceOptions) -> ChainOptions:
    """Return how each picture is smoothed and sharpened."""
    return ChainOptions(options.smooth, options.sharpen, options.smoothing)
