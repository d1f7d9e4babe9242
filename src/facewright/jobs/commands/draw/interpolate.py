"""Walk from person to person: a clip."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facewright.jobs.options import Destination, Enlarging, PeopleOptions

if TYPE_CHECKING:
    from facewright.hub.store import Progress


@dataclass(frozen=True, kw_only=True)
class InterpolateOptions(PeopleOptions, Enlarging, Destination):
    """People to pass, speed, and destination."""

    seeds: str
    """Seeds of the people to pass, in order: at least two, such as 1,2,3."""
    out: Path
    """The clip to write: .mp4 or .gif."""
    seconds: float = 6
    """Length of the clip."""
    fps: int = 30
    """Frames per second, such as 24, 30 or 60."""
    space: Literal["z", "w"] = "w"
    """Space of the interpolation: spherical in z (slerp), or linear in w."""
    loop: bool = True
    """Return to the first person, so that the clip can repeat."""


def interpolate_faces(
    options: InterpolateOptions, *, progress: Progress | None = None
) -> list[Path]:
    """Interpolate from person to person: a clip.

    Args:
        options: Whom to pass, how fast, and where to.
        progress: Called with how many frames are drawn, and of how many.

    Returns:
        The file that was written.

    Raises:
        InputError: An option is invalid, or the file is there already.
        WeightsError: There are no such weights.

    Examples:
        facewright interpolate --seeds 1,2,3 -o walk.mp4
        facewright interpolate --seeds 1,2 --seconds 2 --no-loop -o walk.gif
    """
    from facewright.jobs.checks import check_options
    from facewright.jobs.outputs import publish_frames
    from facewright.pipelines.draw.generate import InterpolatePipeline, count_frames
    from facewright.pipelines.inputs import read_seeds
    from facewright.provenance.publish import CLIPS, check_destination

    check_options(options)
    seeds, sampling = read_seeds(options.seeds), options.sampling()
    count_frames(options.seconds, options.fps)
    check_destination(options.out, CLIPS, overwrite=options.overwrite)
    interpolate = InterpolatePipeline(
        options.weights,
        refiner=options.pick_refiner(),
        device=options.device,
        dtype=options.precision,
        progress=progress,
    )
    made = interpolate(
        seeds,
        seconds=options.seconds,
        fps=options.fps,
        space=options.space,
        loop=options.loop,
        size=options.size,
        sampling=sampling,
    )
    return [publish_frames(made, options.out, options, progress)]
