"""Make small or dull pictures and clips large and clear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from facewright.jobs.effect import Effect, Item, Outcome, Still, Summary, name_written
from facewright.jobs.options import Consent, Leniency, Output, Runtime
from facewright.pipelines.configs import EnhanceConfig
from facewright.types import Json

if TYPE_CHECKING:
    import torch

    from facewright.collect.sources.walk import Developed
    from facewright.hub.store import Progress
    from facewright.pipelines.photos.enhance import EnhanceSession
    from facewright.pipelines.pipeline import Session, Tally

_COMPARED = 25  # each so many-th frame of a clip


@dataclass(frozen=True, kw_only=True)
class EnhanceOptions(Runtime, Leniency, Consent, Output, EnhanceConfig):
    """How pictures and clips are made clear, and where they go."""

    scale: int = 2
    """How many times larger: 1, 2 or 4. At 1 the size stays, and only --smooth and --sharpen change
    something, unless --weights names a network that restores."""
    faces: str | None = None
    """Make only these faces clear: all, largest, left, right or a number (1 is the largest); the
    rest is enlarged without a network. Otherwise the whole picture."""
    weights: str | None = None
    """The network that enlarges: a name that `facewright models list` shows, or a file; otherwise
    the one that ships for the scale."""


class Enhance(Effect[EnhanceOptions]):
    """Enlarges pictures, and measures how much faces still look like themselves."""

    verb: ClassVar[str] = "enhance"

    def check(self, sources: Sequence[str]) -> None:  # noqa: ARG002
        """Raise unless something would change."""
        from facewright.faces.choose import check_choice
        from facewright.pipelines.photos.enhance import check_enhance

        options = self.options
        check_enhance(options.scale, options, named=options.weights is not None)
        if options.faces is not None:
            check_choice(options.faces)

    def open(self) -> None:
        """Load the network, and what finds faces."""
        from facewright.pipelines.photos.enhance import EnhancePipeline

        options = self.options
        self.pipeline = EnhancePipeline(
            options.weights, find=self.find, device=options.device, progress=self.progress
        )

    @property
    def device(self) -> torch.device:
        """The device that computes."""
        return self.pipeline.device

    def start(self, *, moves: bool) -> EnhanceSession:
        """Return what enlarges one picture or clip, and compares faces."""
        options = self.options
        session = self.pipeline.start(scale=options.scale, faces=options.faces, config=options)
        session.every = _COMPARED if moves else 1
        return session

    def draw(self, session: Session, one: Developed) -> Still:
        """Enlarge a picture."""
        still, item = super().draw(session, one), one.photo.source
        height, width = still.image.shape[:2]
        return replace(still, record=Summary(item, width, height, measurements=_read(session)))

    def recall(self, one: Developed, item: Item) -> Summary:
        """Compare the faces of a picture with those of the file that is there already."""
        from facewright.media.decode import read_with_alpha

        session, path = self.start(moves=False), item.path
        after = read_with_alpha(path or Path()).colours
        session.scores.extend(session.compare(one.colours, after))
        height, width = after.shape[:2]
        written, measured = name_written(path), _read(session)
        return Summary(item.source, width, height, written=written, measurements=measured)

    def sum_up(self, session: Session, tally: Tally, item: Item, size: tuple[int, int]) -> Summary:
        """Return what became of a clip."""
        found: Summary = super().sum_up(session, tally, item, size)
        return replace(found, measurements=_read(session))

    def report(self, outcome: Outcome) -> list[str]:
        """Say how large results are, and how much faces look like themselves."""
        return [_tell(one) for one in (*outcome.pictures, *outcome.clips)]


def enhance_pictures(
    sources: list[str], *, options: EnhanceOptions, progress: Progress | None = None
) -> Outcome:
    """Make small or dull pictures and clips large and clear.

    A picture is enlarged by a network, smoothed and sharpened, in this order; large ones tile by
    tile, without seams. Nobody becomes somebody else: how much each face still looks like itself is
    measured and printed. Files that cannot be read are listed with the reason, and the exit
    status is 1. Run the same command again to go on after an interruption.

    Args:
        sources: Pictures, clips, folders, zip and tar archives.
        options: How, and where to.
        progress: Called with the number of pictures and frames done, and of all.

    Examples:
        facewright enhance small.jpg --consent self -o large.png
        facewright enhance small.jpg --mode vivid --consent self -o vivid.png
        facewright enhance album --scale 4 --sharpen light --consent self -o clear
    """
    from facewright.jobs.run import run_files

    return run_files(Enhance(options, progress), sources)


def _read(session: Any) -> dict[str, Json]:
    """Return what was measured."""
    measured: dict[str, Json] = session.measurements
    return measured


def _tell(one: Summary) -> str:
    """Say how large a result is, and how much its faces look like themselves before."""
    frames = f", {one.frames} frames" if one.frames > 1 else ""
    scores: Any = one.measurements["likeness"]
    said = "no face to compare"
    if len(scores) == 1:
        said = f"likeness of the face to itself before: {scores[0]:.3f}"
    elif scores:
        where = f"{len(scores)} faces" if one.frames == 1 else "every 25th frame"
        said = f"likeness to themselves before, {where}: {min(scores):.3f} to {max(scores):.3f}"
    drawn = one.measurements.get("vivid")
    if drawn is not None and one.frames == 1:
        said += f", {drawn or 'none'} drawn anew"
    return f"{one.width}×{one.height} pixels{frames}, {said}"
