"""Open the generators of a style, and say what a manifest records of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from facewright.device import name_device, pick_device
from facewright.enhance.network import load_enhancer
from facewright.errors import FileError, InputError
from facewright.faces.choose import check_choice
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.gan.weights import load_generator
from facewright.hub.bundle import file_sha256
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options
from facewright.jobs.outputs import check_absent
from facewright.media.formats import find_kind
from facewright.pipelines.consent import resolve_consent
from facewright.pipelines.weights import open_weights
from facewright.provenance.publish import CLIPS, PICTURES, check_destination
from facewright.tasks.inverting.inverter import Inverter, open_inverter
from facewright.tasks.lookout import Lookout
from facewright.toon.cartoon import Cartoonist, breed_characters
from facewright.toon.clips import ClipCartoonist, ClipOptions
from facewright.types import TRUNCATION_PSI, Manifest
from facewright.version import __version__

STYLES = {"toon": "toon-128", "baby": "baby-128"}
"""Name of a style → the weights that draw it."""

_NOT_RECORDED = {"consent", "device", "out", "overwrite", "finder", "mesh", "lenient"}
_NOT_RECORDED |= {"keep", "style"}  # the style as "character": it is a file elsewhere
_LEAST_LABELLED = 128  # pixels of a portrait beside which bars can be read
_SMALL, _ENHANCER = 128, "enhance-x4"  # drawings of so few pixels are made larger and clearer
_MOST_BETWEEN = 30  # frames that wait in memory
_PICTURE_STEPS, _CLIP_STEPS, _BLIND_STEPS = 20, 0, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ToonifyOptions:
    """Which character is made of whom, and where it goes."""

    out: Path
    """The picture (.png, .jpg, .webp) or clip (.mp4, .gif) to write."""
    style: str = "toon"
    """toon, baby, or the weights of a generator of your own that was trained on from the one that
    --weights names."""
    strength: float = 1.0
    """How far the way to the character goes, 0 to 1: 0.5 lies between the two."""
    portrait: bool = False
    """Draw the character as a picture of its own, instead of putting it in place of the face."""
    size: int = 512
    """Width and height of a portrait in pixels."""
    every: int = 1
    """Of a clip, draw only every so many-th frame, such as 10; its sound stays as it is."""
    fill: bool = False
    """With --every 2 to 30, draw all frames: the latents of a face are found in every so many-th,
    and move evenly between. It pays off with --refine."""
    refine: int | None = None
    """How often the latents of a face are corrected; otherwise 20 times in a picture, and in clips
    not at all; 60 times where no encoder says where to begin."""
    truncation_psi: float = TRUNCATION_PSI
    """How much of the person the character has: 0 is the average character, 1 everything that was
    found, which draws it less clearly."""
    temporal_smoothing: float = 0.2
    """Over how many seconds the character of a clip is smoothed; 0 is not at all."""
    faces: str | None = None
    """Whose face it is: largest, all, left, right, or a number (1 is the largest); needed where
    there are several. In a clip, it stays with a person."""
    expressions: bool = False
    """Read the expressions of the characters, once they are drawn, and draw seven bars beside each,
    as `facewright expressions` does."""
    keep: bool = False
    """With --expressions, keep what comes about on the way, too: beside OUT.mp4, the characters
    without bars (OUT-drawn.mp4), what was read in each frame (OUT-expressions.csv and .json) and,
    of a clip, its timeline (OUT-timeline.png)."""
    consent: str | None = None
    """Who agreed to what, where a real person is shown; `self` if it is you. It is written into the
    result."""
    weights: str | None = None
    """The generator whose latents are sought; otherwise the one that ships."""
    encoder: str | None = None
    """What finds them first: a name or a file, or `none` to begin with the average face; otherwise
    the one that belongs to the generator, if there is one."""
    smallest: float | None = None
    """The smallest face to look for, in pixels."""
    threshold: float = 0.4
    """Leave out faces of which the detector is less sure, 0.01 to 0.99."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""
    finder: str | None = None
    """The network that finds faces, a name or a file; the one that ships if not given."""
    mesh: str | None = None
    """The network that places points on them, likewise."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace a file that is there already."""
    lenient: bool = False
    """Exit with 0 even if a clip breaks off, once what is there of it was used."""


@dataclass(frozen=True, slots=True)
class Production:
    """A film that is ready for its first frame."""

    film: ClipCartoonist
    manifest: Manifest


def check_toonify(source: Path, options: ToonifyOptions) -> None:
    """Reject invalid options before anything is loaded.

    Args:
        source: The picture or clip.
        options: What is made of it.

    Raises:
        InputError: An option is invalid, a file is there already, or there is no consent.
        FileError: The source is missing.
    """
    check_options(options)
    if not source.is_file():
        raise FileError(f"there is no file {source}", hint="name one picture or clip")
    still = is_still(source)
    if options.out.suffix.lower() in (CLIPS if still else PICTURES):
        kinds = ("a clip", "a picture")
        raise InputError(
            f"{source} is {kinds[still]}, {options.out} would be {kinds[not still]}",
            hint=f"{', '.join(PICTURES if still else CLIPS)} can be written",
        )
    check_destination(options.out, PICTURES if still else CLIPS, overwrite=options.overwrite)
    if options.out.exists() and options.out.samefile(source):
        raise InputError(f"{options.out} is the source", hint="name another file")
    _check_every(options, still=still)
    _check_kept(source, options, still=still)
    if options.faces is not None:
        check_choice(options.faces)
    resolve_consent("toonify", options.consent, [str(source)])


def _check_every(options: ToonifyOptions, *, still: bool) -> None:
    """Raise unless it makes sense which frames are looked at."""
    if still and options.every != 1:
        raise InputError("--every is for clips", hint="leave it out")
    if options.fill and not 2 <= options.every <= _MOST_BETWEEN:
        raise InputError(
            f"--fill fills the frames between every 2nd to every {_MOST_BETWEEN}th, "
            f"not --every {options.every}",
            hint="--every 5 --fill",
        )


def _check_kept(source: Path, options: ToonifyOptions, *, still: bool) -> None:
    """Raise if bars find no room, or what is kept on the way takes the place of something."""
    if options.keep and not options.expressions:
        raise InputError("--keep keeps what --expressions is made of", hint="pass both, or neither")
    if options.expressions and options.portrait and options.size < _LEAST_LABELLED:
        raise InputError(
            f"bars do not fit beside a portrait of {options.size} pixels",
            hint=f"--size {_LEAST_LABELLED} or more",
        )
    for path in name_kept(options.out, still=still) if options.keep else ():
        check_absent(path, overwrite=options.overwrite)
        if path.exists() and path.samefile(source):
            raise InputError(f"--keep would replace the source {path}", hint="another name for -o")


def open_production(
    lookout: Lookout,
    source: Path,
    options: ToonifyOptions,
    *,
    progress: Progress | None = None,
    steps: Callable[[int, int], None] | None = None,
) -> Production:
    """Load the generators of a style, and prepare to draw with them.

    Args:
        lookout: What finds faces.
        source: The picture or clip.
        options: What is made of it.
        progress: Called with how far a download of weights is.
        steps: Called with how far the search for the latents of each face is.

    Raises:
        WeightsError: There are no such weights, or they do not fit each other.
        InputError: An option is invalid with them.
    """
    inverter = open_inverter(
        options.weights, encoder=options.encoder, device=options.device, progress=progress
    )
    style = open_weights(STYLES.get(options.style, options.style), progress)
    characters = breed_characters(
        inverter.generator, load_generator(style, inverter.device), options.strength
    )
    small = characters.config.resolution <= _SMALL
    enhancer = open_weights(_ENHANCER, progress) if small else None
    cartoonist = Cartoonist(
        inverter.generator,
        characters,
        inverter.template,
        inverter.encoder,
        inverter.features,
        load_enhancer(enhancer, inverter.device) if enhancer else None,
    )
    config = FrameConfig(smallest=options.smallest, threshold=options.threshold)
    follower = FaceFollower(lookout.finder, Picker(options.faces), config)
    refine = _pick_steps(options.refine, still=is_still(source), blind=inverter.encoder is None)
    portrait = options.size if options.portrait else None
    how = ClipOptions(
        refine=refine,
        truncation_psi=options.truncation_psi,
        temporal_smoothing=options.temporal_smoothing,
        portrait=portrait,
    )
    film = ClipCartoonist(cartoonist, follower, how, progress=steps)
    made_with = [style.card, *([enhancer.card] if enhancer else [])]
    used = inverter.models | {card.name: card.sha256 for card in made_with}
    said = _record(source, options, inverter, style.card.name) | {"refine": refine}
    return Production(film, _describe(source, options, said, lookout.models | used))


def name_kept(out: Path, *, still: bool) -> list[Path]:
    """Return where --keep writes: characters without bars, two records, the timeline of a clip."""
    names = [f"-drawn{out.suffix}", "-expressions.csv", "-expressions.json"]
    names += [] if still else ["-timeline.png"]
    return [out.with_name(out.stem + name) for name in names]


def is_still(source: Path) -> bool:
    """Tell whether a source is one picture."""
    return find_kind(source) == "picture"


def _pick_steps(asked: int | None, *, still: bool, blind: bool) -> int:
    """Return how often latents are refined, if nothing else is asked for."""
    if asked is not None:
        return asked
    if blind:
        return _BLIND_STEPS
    return _PICTURE_STEPS if still else _CLIP_STEPS


def _describe(
    source: Path, options: ToonifyOptions, said: dict[str, Any], models: dict[str, str]
) -> Manifest:
    """Say how the result comes about."""
    return Manifest(
        task="toonify",
        parameters=said,
        models=models,
        sources={f"photo/{source.name}": file_sha256(source)},
        consent=resolve_consent("toonify", options.consent, [str(source)]),
        version=__version__,
        torch=torch.__version__,
        device=name_device(pick_device(options.device)),
    )


def _record(
    source: Path, options: ToonifyOptions, inverter: Inverter, style: str
) -> dict[str, Any]:
    """Return what a manifest says of the options. Files count by name: it may be published."""
    said: dict[str, Any] = {k: v for k, v in asdict(options).items() if k not in _NOT_RECORDED}
    said |= {"photo": source.name, "weights": inverter.name}
    said["character"] = options.style if options.style in STYLES else style
    said["encoder"] = next((n for n in inverter.models if n == options.encoder), None)
    if inverter.encoder is None:
        said["encoder"] = "none"
    return said
