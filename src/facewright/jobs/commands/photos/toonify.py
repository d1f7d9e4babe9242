"""Make characters of the people in pictures and clips, and read their expressions if asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from facewright.errors import InputError
from facewright.jobs.effect import Effect, Frame, Item, Outcome, Running, Still, Summary
from facewright.jobs.options import Consent, Detectors, Leniency, Runtime, Writing
from facewright.live.options import ShowOptions
from facewright.pipelines.configs import ReadingConfig, ToonConfig
from facewright.types import Clip, Image, Manifest

if TYPE_CHECKING:
    import torch

    from facewright.collect.sources.walk import Developed
    from facewright.hub.store import Progress
    from facewright.jobs.outputs import Output
    from facewright.live.session import Watched
    from facewright.live.watch import OpenViewer
    from facewright.pipelines.pipeline import Session, Step

_LEAST_LABELLED = 128  # pixels of a portrait beside which bars can be read
_MOST_BETWEEN = 30  # frames that wait in memory
_NOT_RECORDED = {"style", "keep"}  # the style as "character": in manifests, a style is a file


@dataclass(frozen=True, kw_only=True)
class ToonifyOptions(Runtime, ShowOptions, Leniency, Detectors, Consent, Writing, ToonConfig):
    """Style, face, and destination of characters."""

    out: Path | None = None
    """The picture (.png, .jpg, .webp, .bmp) or clip (.mp4, .gif) to write; of a folder or several
    sources, a folder; of a camera that is only shown, the folder for snapshots and recordings."""
    style: str = "toon"
    """toon, baby or character: a head in three dimensions over the whole head; or the weights of a
    generator of your own that was trained on from the one that --weights names."""
    strength: float = 1.0
    """Weight of a generator's style, 0 to 1: 0 draws the person, 1 the character, 0.5 halfway
    between."""
    faces: str = "largest"
    """Whose face it is: largest, all, left, right, or a number (1 is the largest). In a clip, it
    stays with a person."""
    expressions: bool = False
    """Read the expressions of the characters, once they are drawn, and draw seven bars beside each,
    as `facewright expressions` does."""
    keep: bool = False
    """With --expressions, keep what comes about on the way, too: beside OUT.mp4, the characters
    without bars (OUT-drawn.mp4), what was read in each frame (OUT-expressions.csv and .json) and,
    of a clip, its timeline (OUT-timeline.png)."""
    weights: str | None = None
    """The generator of people, in whose latents faces are found; the one that ships if not
    given."""
    encoder: str | None = None
    """The encoder that estimates the first latents, by name or file, or `none` for the average
    face; the one that belongs to the generator, if any, if not given."""


class Toonify(Effect[ToonifyOptions]):
    """Draws people as characters, and the expressions of these beside them."""

    verb: ClassVar[str] = "toonify"
    role: ClassVar[str] = "photo"

    def check(self, sources: Sequence[str]) -> None:
        """Raise unless the options fit each other and the sources."""
        from facewright.faces.choose import check_choice
        from facewright.jobs.run import is_single
        from facewright.media.formats import find_kind

        options, self._alone = self.options, is_single(sources)
        check_choice(options.faces)
        still = all(find_kind(Path(source)) == "picture" for source in sources)
        if still and options.every != 1:
            raise InputError("`every` is for clips", hint="leave it out")
        if options.fill and not 2 <= options.every <= _MOST_BETWEEN:
            raise InputError(
                f"`fill` fills the frames between every 2nd to every {_MOST_BETWEEN}th, "
                f"not every={options.every}",
                hint="every=5 with it",
            )
        if options.keep and not options.expressions:
            hint = "ask for both, or neither"
            raise InputError("`keep` keeps what `expressions` is made of", hint=hint)
        if options.expressions and options.portrait and options.size < _LEAST_LABELLED:
            raise InputError(
                f"bars do not fit beside a portrait of {options.size} pixels",
                hint=f"size={_LEAST_LABELLED} or more",
            )
        if options.out is None and not options.show:
            raise InputError("nothing says where the result goes", hint="name a file: -o OUT")

    def plan(self, sources: Sequence[str]) -> tuple[Output, list[Path]]:
        """Return where results go, and where what was read is kept."""
        from facewright.jobs.outputs import check_absent

        output, records = super().plan(sources)
        if not self.options.keep:
            return output, records
        if output.file is None:
            raise InputError("`keep` is for one picture or clip", hint="name a file: -o OUT.mp4")
        records = [_beside(output.file, f"expressions.{kind}") for kind in ("csv", "json")]
        for path in (*records, *self.name_extras(output.file)):
            check_absent(path, overwrite=self.options.overwrite)
            if path.exists() and path.samefile(sources[0]):
                raise InputError(f"`keep` would replace the source {path}", hint="another name")
        return output, records

    def open(self) -> None:
        """Load the generators, and what reads expressions."""
        from facewright.jobs.commands.photos.sightings.readings import COLUMNS
        from facewright.pipelines.draw.latents import LatentsPipeline
        from facewright.pipelines.photos.expressions import ExpressionsPipeline
        from facewright.pipelines.photos.toonify import ToonifyPipeline

        options, find, progress = self.options, self.find, self.progress
        people = LatentsPipeline(
            options.weights,
            encoder=options.encoder,
            find=find,
            device=options.device,
            dtype="float32",
            progress=progress,
        )
        self.pipeline = ToonifyPipeline(
            options.style, people=people, find=find, device=options.device, progress=progress
        )
        self.reader = ExpressionsPipeline(find=find, device=options.device, progress=progress)
        self.columns = COLUMNS

    @property
    def device(self) -> torch.device:
        """The device that computes."""
        return self.pipeline.device

    def start(self, *, moves: bool) -> Session:
        """Return what draws one picture or clip, and reads what was drawn."""
        from facewright.expressions.drawing import History
        from facewright.pipelines.photos.expressions import ReadAfterSession

        options = self.options
        self._toon = self.pipeline.start(
            strength=options.strength,
            faces=options.faces,
            moves=moves,
            config=options,
            progress=self.progress if self._alone and not moves else None,
        )
        if not options.expressions:
            return self._toon
        self._history, self._plain = History(), deque[Image]()
        how = ReadingConfig(smallest=options.smallest, threshold=options.threshold)
        reading = self.reader.start(config=how)
        reading.widen = not moves
        reading.strip = options.size // 4 * 2 if moves and options.portrait else 0
        return ReadAfterSession(self._toon, reading)

    def draw(self, session: Session, one: Developed) -> Still:
        """Draw the characters of a picture."""
        from facewright.jobs.commands.photos.sightings.readings import describe_faces
        from facewright.toon.heads.upright import check_whole

        still, options = super().draw(session, one), self.options
        if not still.step.faces and (error := session.miss()):
            raise InputError(str(error), hint=self._toon.hint(one.image, error.hint or ""))
        for face in () if options.portrait else still.step.faces:
            check_whole(face.points, one.image.shape[1::-1])
        if not options.keep:
            return still
        drawn, named = still.step.reading
        return replace(still, record=describe_faces(one.photo.source, drawn, named))

    def list_files(self, path: Path) -> list[Path]:
        """Return the files that a picture is written to, itself last."""
        return [*([_beside(path, f"drawn{path.suffix}")] if self.options.keep else []), path]

    def write_picture(self, still: Still, path: Path, manifest: Manifest, run: Running) -> None:
        """Write a picture, and before it the characters without bars."""
        if self.options.keep:
            drawn, _ = still.step.reading
            plain, *_ = self.list_files(path)
            bare = Still(drawn, None, still.step)
            super().write_picture(bare, plain, self._describe_plain(manifest), run)
        super().write_picture(still, path, manifest, run)

    def prepare(self, clip: Clip) -> Clip:
        """Return the frames of a clip that are drawn."""
        from facewright.pipelines.photos.toonify import thin

        return thin(clip, self.options)

    def describe_step(self, item: Item, frame: Frame, step: Step) -> Any:
        """Return what was read of the characters in a frame, if it is kept."""
        from facewright.jobs.commands.photos.sightings.readings import describe_faces
        from facewright.jobs.effect import name_written

        if not self.options.keep:
            return None
        drawn, named = step.reading
        self._plain.append(drawn)
        self._history.add(named, frame.seconds)
        record = describe_faces(item.source, drawn, named, frame)
        return replace(record, written=name_written(item.path))

    def shorten(self, record: Any) -> Summary:
        """Return what the outcome says of a picture whose readings went to files."""
        if isinstance(record, Summary):
            return record
        size, faces = (record.width, record.height), len(record.faces)
        return Summary(record.name, *size, faces=faces, written=record.written)

    def list_rows(self, record: Any) -> Iterator[Sequence[object]]:
        """Yield the rows of a table for a record."""
        from facewright.jobs.commands.photos.sightings.readings import list_rows

        return list_rows(record)

    def name_extras(self, path: Path) -> list[Path]:
        """Return what is kept beside a clip: the characters without bars, and the timeline."""
        if not self.options.keep:
            return []
        return [_beside(path, f"drawn{path.suffix}"), _beside(path, "timeline.png")]

    def write_clip(self, clip: Clip, path: Path, manifest: Manifest, run: Running) -> list[Path]:
        """Write a clip, and what is kept beside it."""
        from facewright.expressions.drawing import TIMELINE
        from facewright.media.clips.fork import fork_clip
        from facewright.provenance.publish import publish_clip, publish_image

        if not self.options.keep:
            return super().write_clip(clip, path, manifest, run)
        drawn, line = self.name_extras(path)
        labelled = deque[Image]()

        def take_plain() -> Iterator[Image]:
            for image in clip.frames:
                labelled.append(image)
                yield self._plain.popleft()

        size = (self.options.size,) * 2 if self.options.portrait else clip.size
        write = partial(
            publish_clip,
            path=drawn,
            manifest=self._describe_plain(manifest),
            overwrite=run.overwrite,
            stopped=run.is_stopped,
        )
        with fork_clip(replace(clip, size=size, frames=take_plain()), write) as forked:
            shown = (labelled.popleft() for _ in forked.frames)
            super().write_clip(replace(clip, frames=shown, times=forked.times), path, manifest, run)
        told = replace(manifest, task=TIMELINE)
        publish_image(self._history.draw(), line, told, overwrite=run.overwrite)
        return [drawn, line]

    def describe(self, session: Session, item: Item, consent: str) -> Manifest:
        """Record how a result comes about."""
        found = super().describe(session, item, consent)
        said = {
            name: value for name, value in found.parameters.items() if name not in _NOT_RECORDED
        }
        return replace(found, parameters=said)

    def _describe_plain(self, manifest: Manifest) -> Manifest:
        """Record how the characters without bars come about."""
        said = {**manifest.parameters, "expressions": False}
        return replace(manifest, parameters=said, models=self._toon.used.models)


def toonify_faces(
    sources: list[str],
    *,
    options: ToonifyOptions | None = None,
    progress: Progress | None = None,
    viewer: OpenViewer | None = None,
) -> Outcome | Watched:
    """Draw somebody as a character: as a head in three dimensions, or by a generator in a style.

    A head has the shape, colours, hair, beard and glasses of the person, and their expression. A
    generator draws the latents of the face in its style, enlarged as drawings are. In folders, what
    shows no face is listed with the reason, the rest goes on, and the exit status is 1. Ctrl-C ends
    a clip in good order: what is there by then plays.

    Args:
        sources: Pictures, clips, folders, zip and tar archives; or a camera alone: camera:0, or
            camera:clip.mp4 for a clip that stands in.
        options: Which character, how, and where to.
        progress: Called with how many pictures and frames, or steps of one picture, are done, and
            of how many.
        viewer: Shows a clip or camera while it is drawn, where the options say so.

    Examples:
        facewright toonify me.jpg --consent self -o toon.png
        facewright toonify me.jpg --style character --portrait --consent self -o character.png
        facewright toonify party.mp4 --faces all --expressions --consent "all of them" -o toons.mp4
    """
    from facewright.jobs.run import run

    return run(Toonify(options or ToonifyOptions(), progress), sources, viewer)


def _beside(path: Path, name: str) -> Path:
    """Return the path of something that is kept beside a result.

    >>> _beside(Path("a/x.mp4"), "timeline.png").as_posix()
    'a/x-timeline.png'
    """
    return path.with_name(f"{path.stem}-{name}")
