"""Read the expressions in pictures, clips and what a camera sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from facewright.errors import InputError
from facewright.jobs.effect import Effect, Frame, Item, Outcome, Running, Still, name_written
from facewright.jobs.options import Detectors, Leniency, Limits, Runtime, Writing
from facewright.live.options import ShowOptions
from facewright.pipelines.configs import ReadingConfig
from facewright.types import Clip, Manifest

if TYPE_CHECKING:
    import torch

    from facewright.collect.sources.walk import Developed
    from facewright.hub.store import Progress
    from facewright.jobs.commands.photos.sightings.readings import ReadClip
    from facewright.jobs.outputs import Output
    from facewright.live.session import Watched
    from facewright.live.watch import OpenViewer
    from facewright.pipelines.photos.expressions import ReadingSession
    from facewright.pipelines.pipeline import Session, Step, Tally
    from facewright.types import Face

_TABLE = ".csv"


@dataclass(frozen=True, kw_only=True)
class ExpressionOptions(Runtime, ShowOptions, Leniency, Limits, Detectors, Writing, ReadingConfig):
    """Options of reading expressions, and destinations."""

    out: Path | None = None
    """A folder for pictures and clips with bars beside each face, the timeline of each clip, and
    expressions.jsonl and expressions.csv; or one picture (.png, .jpg, .webp, .bmp), one clip (.mp4,
    .gif), or a .json, .jsonl or .csv alone. Of a camera that is only shown, the folder for
    snapshots and recordings, otherwise `live`. If not given, nothing is written."""
    record: Path | None = None
    """A .json, .jsonl or .csv for the readings, besides one picture or clip."""
    weights: str | None = None
    """The classifier of expressions: a name that `facewright models list` shows, or a file
    that `facewright train expressions` wrote; the one that ships with the package if not given."""


class Expressions(Effect[ExpressionOptions]):
    """Reads expressions, draws bars beside faces, and records what was read."""

    verb: ClassVar[str] = "expressions"
    record: ClassVar[str | None] = "expressions.jsonl"
    at_once: ClassVar[int] = 16

    def check(self, sources: Sequence[str]) -> None:
        """Raise unless what is read can be calibrated and recorded."""
        from facewright.jobs.run import is_watched
        from facewright.pipelines.photos.expressions import read_seconds

        self._seconds = read_seconds(self.options.calibrate)
        if self.options.record and is_watched(self.options, sources):
            hint = "write one as well, such as out=found.mp4"
            raise InputError("`record` needs a clip", hint=hint)

    def plan(self, sources: Sequence[str]) -> tuple[Output, list[Path]]:
        """Return where pictures and clips go, and where records and tables go."""
        from facewright.jobs.outputs import Output, check_absent, plan_output
        from facewright.jobs.records import RECORDS, TABLES
        from facewright.provenance.publish import CLIPS

        options, record, out = self.options, self.options.record, self.options.out
        own = [record] if record else []
        for path in own:
            if path.suffix.lower() not in (*RECORDS, *TABLES):
                raise InputError(f"record={path} is none of {', '.join((*RECORDS, *TABLES))}")
        if out is not None and out.suffix.lower() in TABLES and not out.is_dir():
            output, own = Output(), [out, *own]
        else:
            output = plan_output(
                out, sources, draws=True, overwrite=options.overwrite, record=self.record
            )
            if output.record:
                tables = [output.record.with_suffix(_TABLE)] if output.folder else []
                own = [output.record, *tables, *own]
        clip = output.file if output.file and output.file.suffix.lower() in CLIPS else None
        for path in own + (self.name_extras(clip) if clip else []):
            check_absent(path, overwrite=options.overwrite)
        return output, own

    def open(self) -> None:
        """Load the networks, and what to calibrate with."""
        from facewright.jobs.commands.photos.sightings.readings import COLUMNS
        from facewright.pipelines.photos.expressions import ExpressionsPipeline

        options = self.options
        self.pipeline = ExpressionsPipeline(
            options.weights, find=self.find, device=options.device, progress=self.progress
        )
        self.columns = COLUMNS
        self.pipeline.start(config=options)
        self._found: dict[int, list[Face]] = {}  # by the pictures that are looked at together

    @property
    def device(self) -> torch.device:
        """The device that computes."""
        return self.pipeline.device

    def start(self, *, moves: bool) -> ReadingSession:
        """Return what reads one picture or clip."""
        from facewright.expressions.drawing import History

        self._history = History()
        session = self.pipeline.start(config=self.options)
        session.widen = not moves
        return session

    def preview(self, batch: Sequence[Developed]) -> None:
        """Find the faces of several pictures together."""
        images, options = [one.image for one in batch], self.options
        found = self.find.finder.find(
            images, smallest=options.smallest, threshold=options.threshold
        )
        self._found = dict(zip(map(id, batch), found, strict=True))

    def draw(self, session: Any, one: Developed) -> Still:
        """Read the expressions in a picture, and draw bars."""
        from facewright.jobs.commands.photos.sightings.readings import describe_faces

        if self._seconds:
            raise InputError("seconds to `calibrate` are for clips and cameras; this is a picture")
        step = session.label(one.image, session.name(one.image, self._found[id(one)]))
        record = describe_faces(one.photo.source, one.image, step.reading)
        return Still(step.image, None, step, record)

    def prepare(self, clip: Clip) -> Clip:
        """Raise if a clip is too short to calibrate with."""
        lasts = None if clip.count is None else float(clip.count / clip.rate)
        if self._seconds and lasts is not None and lasts <= self._seconds:
            raise InputError(
                f"the clip lasts {lasts:.1f} s, `calibrate` takes {self._seconds:g}",
                hint="fewer seconds, or a picture of the neutral face",
            )
        return clip

    def describe_step(self, item: Item, frame: Frame, step: Step) -> Any:
        """Return what was read in a frame."""
        from facewright.jobs.commands.photos.sightings.readings import describe_faces

        self._history.add(step.reading, frame.seconds)
        record = describe_faces(item.source, step.image, step.reading, frame)
        return replace(record, written=name_written(item.path))

    def list_rows(self, record: Any) -> Iterator[Sequence[object]]:
        """Yield the rows of a table for a record."""
        from facewright.jobs.commands.photos.sightings.readings import list_rows

        return list_rows(record)

    def name_extras(self, path: Path) -> list[Path]:
        """Return where the timeline of a clip goes: beside it."""
        return [path.with_name(f"{path.stem}-timeline.png")]

    def write_clip(self, clip: Clip, path: Path, manifest: Manifest, run: Running) -> list[Path]:
        """Write a clip, and its timeline beside it."""
        from facewright.expressions.drawing import TIMELINE
        from facewright.jobs.outputs import is_cut_short
        from facewright.provenance.publish import publish_image

        overwrite = run.overwrite or is_cut_short(path, manifest)
        super().write_clip(clip, path, manifest, run)
        (line,) = self.name_extras(path)
        drawn = self._history.draw()
        publish_image(drawn, line, replace(manifest, task=TIMELINE), overwrite=overwrite)
        return [line]

    def sum_up(
        self,
        session: Session,  # noqa: ARG002
        tally: Tally,
        item: Item,
        size: tuple[int, int],
    ) -> ReadClip:
        """Return what was read in a clip."""
        from facewright.jobs.commands.photos.sightings.readings import ReadClip

        counts = tally.frames, tally.changed, self._history.people
        return ReadClip(item.source, *size, *counts, self._history.sum_up())

    def report(self, outcome: Outcome) -> list[str]:
        """Say what was read in each picture, and in all of each clip."""
        from facewright.jobs.commands.photos.sightings.readings import sum_up_readings

        return sum_up_readings(outcome)


def read_expressions(
    sources: list[str],
    *,
    options: ExpressionOptions | None = None,
    progress: Progress | None = None,
    viewer: OpenViewer | None = None,
) -> Outcome | Watched:
    """Read expressions in pictures, clips or what a camera sees: seven bars beside each face.

    What is read is how a face looks to others, not what somebody feels. The European Union's AI Act
    forbids reading emotions of people at work and at school (article 5), and elsewhere whoever is
    read has to be informed (article 50). Ctrl-C ends a clip in good order. Run the same command
    again to go on after an interruption.

    Args:
        sources: Pictures, clips, folders, zip and tar archives; or a camera alone: camera:0, or
            camera:clip.mp4 for a clip that stands in.
        options: How to read, and what to write.
        progress: Called with the number of pictures and frames done, and of all.
        viewer: Opens the live view of a clip or camera; if the options ask for it.

    Examples:
        facewright expressions portrait.jpg -o read.png
        facewright expressions talk.mp4 -o read.mp4 --record read.csv
        facewright expressions camera:0 --show
    """
    from facewright.jobs.run import run

    return run(Expressions(options or ExpressionOptions(), progress), sources, viewer)
