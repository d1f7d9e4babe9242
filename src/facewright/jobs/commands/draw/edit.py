"""Edit a face along directions: age, smile, pose, light."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from facewright.errors import InputError
from facewright.jobs.checks import Rule
from facewright.jobs.commands.draw.faces import ChangeOptions, check_faces

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.pipelines.draw.edit import EditPipeline
    from facewright.pipelines.result import Result

_USUAL = 2.0  # standard deviations: the step where none is given
_ASKED = re.compile(r"([a-z][a-z0-9-]*)(?:=([+-]?(?:\d+\.?\d*|\.\d+)))?")


@dataclass(frozen=True, kw_only=True)
class EditOptions(ChangeOptions):
    """Directions of the edit, steps, and destination."""

    rules: ClassVar[Mapping[str, Rule]] = {
        "strength": Rule(-100, 100, "1 is one standard deviation over random people; 2 shows well")
    }

    out: Path
    """The picture to write: .png, .jpg, .webp or .bmp."""
    direction: tuple[str, ...] = ()
    """Direction of the edit, such as smile, or with a step of its own, age=-1; may be repeated.
    sefa-1, sefa-2 and so on are the directions of the largest changes in any generator."""
    strength: float | None = None
    """Step along each direction, in standard deviations over random people; may be negative; 2 if
    not given, or the largest step of the direction if that is smaller."""
    sheet: bool = False
    """Draw a strip from the negative to the positive step for each direction; for all directions if
    none is named."""
    steps: int = 5
    """Faces on each strip of a sheet."""
    layers: str = "all"
    """Layers to change: all, coarse, middle, fine, or numbers such as 0-3,7."""
    directions: str | None = None
    """The set of directions: a name that `facewright models list` shows, or a file; the set that
    ships for the generator if not given."""


def edit_face(face: str, *, options: EditOptions, progress: Progress | None = None) -> list[Path]:
    """Edit a face along directions: age, smile, pose, light and more.

    The guide has measurements of what else changes along each direction.

    Args:
        face: A seed such as 42, a .latents file, or a photo.
        options: Which directions, how far, and where to.
        progress: Called with the number of faces drawn, and of all.

    Returns:
        The file that was written.

    Raises:
        InputError: An option is invalid, the file is there already, there is no consent, or
            directions or latents belong to another generator.
        FileError: A file is missing or damaged.
        WeightsError: There are no such weights.

    Examples:
        facewright edit 42 --direction smile,age=-1 -o younger.png
        facewright edit portrait.jpg --direction smile --sheet --consent self -o smiling.png
    """
    from facewright.jobs.checks import check_options
    from facewright.pipelines.draw.edit import EditPipeline
    from facewright.provenance.publish import PICTURES, check_destination

    check_options(options)
    read_directions(options, lambda _: _USUAL)
    check_destination(options.out, PICTURES, overwrite=options.overwrite)
    check_faces("edit", {"FACE": face}, options)
    edit = EditPipeline(
        options.weights,
        directions=options.directions,
        refiner=options.pick_refiner(),
        device=options.device,
        dtype=options.precision,
        progress=progress,
    )
    return edit_with(edit, face, options, progress)


def edit_with(
    edit: EditPipeline, face: str, options: EditOptions, progress: Progress | None = None
) -> list[Path]:
    """Do what `edit_face` does with networks that are open already."""
    from facewright.jobs.outputs import publish

    def pick(name: str) -> float:
        if options.strength is not None:
            return options.strength
        return min(_USUAL, edit.find_direction(name).reach)

    asked = read_directions(options, pick)
    if options.sheet:
        asked = asked or {name: pick(name) for name in edit.direction_names}
        made = _draw_strips(edit, face, asked, options, progress)
    elif not asked:
        hint = f"--direction with one of: {', '.join(edit.direction_names)}"
        raise InputError("no direction is named", hint=hint)
    else:
        made = edit(
            face,
            directions=asked,
            layers=options.layers,
            refine=options.refine,
            faces=options.faces,
            size=options.size,
            sampling=options.sampling(),
            consent=options.consent,
            progress=progress,
        )
    return [publish(made, options.out, options)]


def read_directions(options: EditOptions, pick: Callable[[str], float]) -> dict[str, float]:
    """Return direction → amount, as a user writes them: NAME, or NAME=AMOUNT.

    Args:
        options: Of the command.
        pick: Returns the step along a direction that is named without one.

    Raises:
        InputError: One is something else.
    """
    found: dict[str, float] = {}
    for text in (text.strip() for part in options.direction for text in part.split(",")):
        match = _ASKED.fullmatch(text.lower())
        if match is None:
            raise InputError(
                f"`{text}` is no direction", hint="--direction smile, or --direction age=-1"
            )
        amount = pick(match[1]) if match[2] is None else float(match[2])
        found[match[1]] = found.get(match[1], 0.0) + amount
    return found


def _draw_strips(
    edit: EditPipeline,
    face: str,
    asked: dict[str, float],
    options: EditOptions,
    progress: Progress | None,
) -> Result:
    """Draw a strip for every direction, from the other way to this one."""
    from facewright.jobs.checks import check_sheet
    from facewright.latents.scenes import draw_moves
    from facewright.media.drawing.sheets import contact_sheet
    from facewright.pipelines.draw.generate import SHEET
    from facewright.pipelines.result import Result

    moves, sampler = edit.plan(asked, options.layers), edit.sampler(options.sampling())
    source = edit.read_latents(
        face,
        sampler,
        refine=options.refine,
        faces=options.faces,
        consent=options.consent,
        progress=progress,
    )
    size, columns = edit.pick_size(options.size, SHEET), options.steps
    check_sheet(options.out.suffix, (columns, len(moves.steps)), size)
    parts = [2 * step / (columns - 1) - 1 for step in range(columns)]  # -1 to 1
    cells = [(direction, by * part) for direction, by in moves.steps for part in parts]
    tuned = edit.tune(sampler, source.tuning)
    images = draw_moves(tuned, source.ws, [[cell] for cell in cells], progress=progress)
    sheet = contact_sheet(
        [edit.enlarge(image, size) for image in images],
        columns=columns,
        labels=[f"{amount:+.2g}" if amount else "0" for _, amount in cells],
        row_labels=[direction.name for direction, _ in moves.steps],
    )
    said = {**moves.parameters, "face": source.name, "size": size}
    return Result(sheet, edit.describe(sampler, said, source.used | moves.used))
