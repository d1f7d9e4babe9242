"""Move a face along directions: older, smiling, turned, in other light."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.jobs.checks import check_options, check_sheet
from facewright.latents.directions.bundle import Direction, restrict_direction
from facewright.latents.edit import parse_layers
from facewright.latents.scenes import draw_moves
from facewright.media.drawing.sheets import contact_sheet
from facewright.media.stills.resize import resize_image
from facewright.pipelines.weights import ENCODED
from facewright.provenance.publish import PICTURES, check_destination, publish_image
from facewright.tasks.drawing import Easel, open_easel, resolve
from facewright.tasks.steering.compass import Compass, open_compass
from facewright.tasks.steering.darkroom import Darkroom, set_up_darkroom
from facewright.tasks.steering.sitters import (
    Sitter,
    SitterOptions,
    check_sitters,
    describe_sitters,
    open_sitter,
    tune_easel,
)
from facewright.types import Image

_SHEET = 128  # pixels: faces on a sheet are enlarged to at least that
_ASKED = re.compile(r"([a-z][a-z0-9-]*)(?:=([+-]?(?:\d+\.?\d*|\.\d+)))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOptions(SitterOptions):
    """Which way a face moves, how far, and where to."""

    out: Path
    """The picture to write: .png, .jpg or .webp."""
    direction: tuple[str, ...] = ()
    """What changes, such as smile; or age=-1.5 with an amount of its own; may be repeated. sefa-1,
    sefa-2 and so on are what changes most in any generator."""
    by: float = 2.0
    """How far to go: 1 is one standard deviation over random people; below 0 the other way."""
    sheet: bool = False
    """Draw a strip from the other way to this one for every direction; all of them if none is
    named."""
    steps: int = 5
    """Faces on each strip of a sheet."""
    layers: str = "all"
    """Move only these layers: coarse, middle, fine, or such as 0-3,7."""
    directions: str | None = None
    """The directions: a name that `facewright models list` shows, or a file; otherwise those that
    ship for the generator."""


def edit_face(face: str, *, options: EditOptions, progress: Progress | None = None) -> list[Path]:
    """Move a face along directions: its age, smile, pose, light and more.

    What else changes along each direction was measured, and stands in the guide.

    Args:
        face: A seed such as 42, a .latents file, or a photo.
        options: Which directions, how far, and where to.
        progress: Called with how many faces are drawn, and of how many.

    Returns:
        The file that was written.

    Raises:
        InputError: An option is invalid, the file is there already, there is no consent, or
            directions or latents belong to another generator.
        FileError: A file is missing or damaged.
        WeightsError: There are no such weights.
    """
    asked, consent = check_edit(face, options)
    easel = tune_easel(open_easel(options, progress, starters=ENCODED), face)
    darkroom = set_up_darkroom(
        options.weights, options.device, steps=options.refine, pick=options.pick, progress=progress
    )
    return edit_with(easel, darkroom, face, asked, replace(options, consent=consent), progress)


def edit_with(
    easel: Easel,
    darkroom: Darkroom,
    face: str,
    asked: Sequence[tuple[str, float]],
    options: EditOptions,
    progress: Progress | None = None,
) -> list[Path]:
    """Do what `edit_face` does with networks that are open already.

    Args:
        easel: What draws.
        darkroom: What turns photos into latents.
        face: A seed, a file of latents or a photo.
        asked: Name and amount of each direction; of a sheet, none are all.
        options: With the consent to record.
        progress: Called with how many faces are drawn, and of how many.
    """
    compass = open_compass(easel, options.directions, [name for name, _ in asked], progress)
    layers = parse_layers(options.layers, easel.sampler.generator.num_ws)
    asked = asked or _ask_for_all(compass, options)
    steps = [(restrict_direction(compass.find(n, layers), layers), by) for n, by in asked]
    sitter = open_sitter(easel, darkroom, face, progress)
    resolved = resolve(
        replace(options, directions=compass.name), easel, smallest=_SHEET if options.sheet else 0
    )
    if options.sheet:
        image = _draw_sheet(easel, sitter, steps, resolved, progress)
    else:
        (drawn,) = draw_moves(easel.sampler, sitter.styles, [steps], progress=progress)
        image = resize_image(drawn, resolved.size or 0)
    manifest = describe_sitters("edit", resolved, easel, {"face": sitter})
    manifest = replace(manifest, models={**manifest.models, **compass.models})
    quality, overwrite = options.quality, options.overwrite
    return [publish_image(image, options.out, manifest, quality=quality, overwrite=overwrite)]


def check_edit(face: str, options: EditOptions) -> tuple[list[tuple[str, float]], str]:
    """Reject invalid options before anything is loaded.

    Args:
        face: Who is changed.
        options: Which directions, how far, and where to.

    Returns:
        Name and amount of each direction, and the consent to record.

    Raises:
        InputError: An option is invalid, the file is there already, or there is no consent.
        FileError: A file is missing.
    """
    check_options(options)
    asked = [
        _read(text.strip(), options.by) for part in options.direction for text in part.split(",")
    ]
    check_destination(options.out, PICTURES, overwrite=options.overwrite)
    return asked, check_sitters("edit", {"FACE": face}, options)


def _read(text: str, by: float) -> tuple[str, float]:
    """Read a direction as a user writes it: NAME, or NAME=AMOUNT."""
    match = _ASKED.fullmatch(text.lower())
    if match is None:
        raise InputError(
            f"`{text}` is no direction", hint="--direction smile, or --direction age=-1.5"
        )
    return match[1], by if match[2] is None else float(match[2])


def _ask_for_all(compass: Compass, options: EditOptions) -> list[tuple[str, float]]:
    """Return every direction, for a sheet."""
    if not options.sheet:
        raise InputError(
            "no direction is named", hint=f"--direction with one of: {', '.join(compass.names)}"
        )
    return [(name, options.by) for name in compass.names]


def _draw_sheet(
    easel: Easel,
    sitter: Sitter,
    steps: Sequence[tuple[Direction, float]],
    options: EditOptions,
    progress: Progress | None,
) -> Image:
    """Draw a strip for every direction, from the other way to this one."""
    size, columns = options.size or 0, options.steps
    check_sheet(options.out.suffix, (columns, len(steps)), size)
    parts = [2 * step / (columns - 1) - 1 for step in range(columns)]  # -1 to 1
    cells = [(direction, by * part) for direction, by in steps for part in parts]
    images = draw_moves(easel.sampler, sitter.styles, [[cell] for cell in cells], progress=progress)
    return contact_sheet(
        [resize_image(image, size) for image in images],
        columns=columns,
        labels=[f"{amount:+.2g}" if amount else "0" for _, amount in cells],
        row_labels=[direction.name for direction, _ in steps],
    )
