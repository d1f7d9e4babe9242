"""Effects: how commands check their options, open their pipeline, and report.

PyTorch is imported only when an effect is opened, so that help is quick.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from facewright.jobs.options import record_options
from facewright.types import Clip, Image, Json, Manifest

if TYPE_CHECKING:
    import torch

    from facewright.collect.sources.items import Refusal
    from facewright.collect.sources.walk import Developed
    from facewright.hub.store import Progress
    from facewright.jobs.outputs import Output
    from facewright.media.stills.alpha import Alpha
    from facewright.pipelines.find import FindPipeline
    from facewright.pipelines.pipeline import Session, Step, Tally

O = TypeVar("O")  # noqa: E741 - options


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcome of one picture or clip."""

    name: str
    """The file, as it was named; of an archive with the member after a "!"."""
    width: int
    """Width of the result in pixels."""
    height: int
    frames: int = 1
    """Number of frames; 1 for a picture, 0 if the result existed already."""
    changed: int = 1
    """Frames that were changed, in at least one face or as a whole."""
    faces: int = 0
    """Faces that were changed in a picture."""
    written: str | None = None
    measurements: dict[str, Json] = field(default_factory=dict)
    """Measurements by name."""


@dataclass(slots=True)
class Outcome:
    """The outcome of a run."""

    pictures: list[Any] = field(default_factory=list)
    """The record of each picture: its findings, or a `Summary`."""
    clips: list[Any] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    """Files that could not be read or written, each with the reason."""
    files: list[Path] = field(default_factory=list)
    """Files that were written."""
    finished: bool = True
    """Whether it was completed; False if it was interrupted."""
    lenient: bool = False
    """Whether refused files count as success."""
    lines: list[str] = field(default_factory=list)
    """Lines to print."""

    @property
    def failed(self) -> bool:
        """Whether the exit status says that something went wrong."""
        return bool(self.refused) and not self.lenient


@dataclass(frozen=True, slots=True)
class Item:
    """A source picture or clip of a run."""

    source: str
    """Its name in messages."""
    place: PurePosixPath
    """Its path inside of its source."""
    sha256: str = ""
    path: Path | None = None
    """The file of the result."""

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return self.place.name


@dataclass(frozen=True, slots=True)
class Frame:
    """A processed frame of a clip."""

    number: int
    """From 0 on."""
    seconds: float
    """Its time."""
    manifest: Manifest
    """The manifest of the clip."""


@dataclass(frozen=True, slots=True)
class Still:
    """The result for a picture."""

    image: Image
    alpha: Alpha | None
    step: Step
    record: Any = None
    """Its record in the outcome and in JSON; None is a `Summary`."""


class Running(Protocol):
    """A run, as effects see it."""

    outcome: Outcome

    @property
    def overwrite(self) -> bool:
        """Whether files that are there already are replaced."""
        ...

    def is_stopped(self) -> bool:
        """Return whether someone wants the run to end."""
        ...


class Effect(ABC, Generic[O]):
    """The processing of pictures and clips by a command. The engine opens it after all checks.

    Attributes:
        verb: The name of the command.
        role: Role of the sources in manifests.
        record: Name of the file of records in a folder; None for none.
        columns: Columns of a table of records.
        at_once: Number of pictures that are processed together.
        options: Options of the command.
        progress: Called with the amount done, and the total.
        find: The face detector.
    """

    verb: ClassVar[str]
    role: ClassVar[str] = "picture"
    record: ClassVar[str | None] = None
    columns: tuple[str, ...] = ()
    at_once: ClassVar[int] = 1

    def __init__(
        self, options: O, progress: Progress | None = None, find: FindPipeline | None = None
    ) -> None:
        """Take the options; nothing is loaded yet.

        Args:
            options: Of the command.
            progress: Called with the number of items done, and of all.
            find: The face detector; None loads the networks that the options name.
        """
        self.options, self.progress, self._find = options, progress, find

    @property
    def find(self) -> FindPipeline:
        """What finds faces."""
        from facewright.pipelines.find import FindPipeline

        options: Any = self.options
        if self._find is None:
            names = (getattr(options, name, None) for name in ("finder", "mesh"))
            weights, mesh = names
            self._find = FindPipeline(
                weights, mesh=mesh, device=options.device, progress=self.progress
            )
        return self._find

    def check(self, sources: Sequence[str]) -> None:
        """Raise InputError for options that contradict each other, before anything is loaded."""

    def list_shown(self, sources: Sequence[str]) -> list[str]:
        """Return the files that show somebody; of a camera, the clip that stands in for it."""
        from facewright.media.camera import PREFIX

        return [source.removeprefix(PREFIX) for source in sources]

    def plan(self, sources: Sequence[str]) -> tuple[Output, list[Path]]:
        """Return where results go, and where records go.

        Raises:
            InputError: A name does not fit the sources, or is there already.
        """
        from facewright.jobs.outputs import plan_output

        options: Any = self.options
        output = plan_output(
            options.out, sources, draws=True, overwrite=options.overwrite, record=self.record
        )
        return output, [output.record] if output.record else []

    def list_folders(self, output: Output) -> list[Path]:
        """Return the folders of results, in which no sources are looked for."""
        return [output.folder.path] if output.folder else []

    @abstractmethod
    def open(self) -> None:
        """Load the networks."""

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """The device that computes."""

    @abstractmethod
    def start(self, *, moves: bool) -> Session:
        """Return what steps through one clip, or makes one picture."""

    def preview(self, batch: Sequence[Developed]) -> None:
        """Do what is cheaper for several pictures than for each."""

    def draw(self, session: Session, one: Developed) -> Still:
        """Make something of a picture."""
        keeps = session.keeps_alpha
        step = session.step(one.colours if keeps else one.image)
        return Still(step.image, one.alpha if keeps else None, step)

    def keep(self, still: Still, item: Item, manifest: Manifest) -> Any:  # noqa: ARG002
        """Take note of a picture that was made; return its record, None for a `Summary`."""
        return still.record

    def recall(self, one: Developed, item: Item) -> Summary:
        """Return what the outcome says of a picture that is there already."""
        height, width = one.image.shape[:2]
        return Summary(item.source, width, height, 0, 0, 0, name_written(item.path))

    def prepare(self, clip: Clip) -> Clip:
        """Return the frames of a clip that are looked at."""
        return clip

    def describe_step(self, item: Item, frame: Frame, step: Step) -> Any:
        """Return the record of a frame; None if there is none."""

    def shorten(self, record: Any) -> Any:
        """Return what the outcome keeps of a record that is written to a file."""
        return record

    def list_rows(self, record: Any) -> Iterator[Sequence[object]]:
        """Yield the rows of a table for a record."""
        raise NotImplementedError(f"{self.verb} writes no tables of {type(record).__name__}")

    def name_extras(self, path: Path) -> list[Path]:  # noqa: ARG002
        """Return what is written beside a clip."""
        return []

    def sum_up(self, session: Session, tally: Tally, item: Item, size: tuple[int, int]) -> Any:
        """Return what the outcome says of a clip."""
        written = name_written(item.path)
        return Summary(
            item.source, *session.resize(size), tally.frames, tally.changed, written=written
        )

    def list_files(self, path: Path) -> list[Path]:
        """Return the files that a picture is written to, itself last."""
        return [path]

    def write_picture(self, still: Still, path: Path, manifest: Manifest, run: Running) -> None:
        """Write a picture, and before it what belongs to it."""
        from facewright.provenance.publish import publish_image

        quality = getattr(self.options, "quality", 95)
        overwrite, alpha = run.overwrite, still.alpha
        publish_image(
            still.image, path, manifest, alpha=alpha, quality=quality, overwrite=overwrite
        )

    def write_clip(self, clip: Clip, path: Path, manifest: Manifest, run: Running) -> list[Path]:
        """Write a clip; return what was written beside it."""
        from facewright.jobs.outputs import is_cut_short
        from facewright.provenance.publish import publish_clip

        overwrite = run.overwrite or is_cut_short(path, manifest)
        publish_clip(clip, path, manifest, overwrite=overwrite, stopped=run.is_stopped)
        return []

    def finish(self, run: Running) -> None:
        """Do what follows the last source."""

    def report(self, outcome: Outcome) -> list[str]:
        """Return what is printed for people, beside files and refusals."""
        pictures = sum(one.frames for one in outcome.pictures)
        lines = [f"{pictures} pictures"] if pictures > 1 else []
        clips = (clip for clip in outcome.clips if clip.frames)
        return lines + [f"{clip.name}: {clip.changed} of {clip.frames} frames" for clip in clips]

    def describe(self, session: Session, item: Item, consent: str) -> Manifest:
        """Record how a result comes about. Files count by name: it may be published."""
        from facewright.pipelines.result import Ingredients, build_manifest

        said = {**record_options(self.options), **session.parameters}
        used = session.used
        if item.name:
            said[self.role] = item.name
        if item.sha256:
            used |= Ingredients(sources={f"{self.role}/{item.name}": item.sha256})
        return build_manifest(self.verb, said, replace(used, consent=consent), self.device)


def name_source(item: Item) -> str:
    """Return what manifests call a source: the name of a file, or of a camera, without folders.

    Example:
        >>> name_source(Item("camera:films/clip.mp4", PurePosixPath()))
        'camera:clip.mp4'
    """
    prefix, colon, rest = item.source.partition(":")
    return item.name or f"{prefix}{colon}{Path(rest).name}"


def name_written(path: Path | None) -> str | None:
    """Return what a record calls a file that was written."""
    from facewright.collect.sources.items import to_printable

    return None if path is None else to_printable(str(path))
