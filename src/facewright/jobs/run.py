"""Run a command over files: folders, archives, clips and cameras; one engine for all effects.

It skips results that exist already, continues after failures of single files, ends cleanly on
interruption, shows a run live, and writes records.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from facewright.collect.sources.items import Refusal, strip_name, to_printable
from facewright.collect.sources.walk import (
    Batch,
    Developed,
    SourceClip,
    SourceItem,
    batch_up,
    check_paths,
    count_sources,
    develop,
    is_clip,
    walk_sources,
)
from facewright.errors import FacewrightError, InputError
from facewright.files import is_archive
from facewright.hub.bundle import file_sha256
from facewright.jobs.checks import check_options
from facewright.jobs.effect import Effect, Frame, Item, Outcome, Still, Summary, name_written
from facewright.jobs.outputs import Output, is_cut_short, is_done
from facewright.jobs.records import Write, write_records
from facewright.live.session import LiveSession, Watched
from facewright.live.watch import OpenViewer, Viewer, show_along, show_nobody, watch_live
from facewright.media.camera import PREFIX as CAMERA
from facewright.media.camera import open_camera
from facewright.media.video import check_complete, read_clip
from facewright.pipelines.consent import resolve_consent
from facewright.pipelines.inputs import naming
from facewright.pipelines.pipeline import Session, Step, Tally, step_through
from facewright.provenance.publish import CLIPS, PICTURES
from facewright.training.stop import StopSignal
from facewright.types import Clip, Image, Manifest

PIXELS_AT_ONCE = 24_000_000
"""Most pixels in a batch, unless a single picture has more."""

LIVE = Path("live")
"""Default folder of snapshots and recordings of a camera."""

_LARGEST = 256  # MiB of a picture's file
_NOTICE = "stopping: what is written so far stays"


def run(
    effect: Effect[Any], sources: Sequence[str], viewer: OpenViewer | None = None
) -> Outcome | Watched:
    """Apply an effect to all sources.

    Files that cannot be processed are listed with the reason, and the others are processed; for a
    single file, it is an error. Results of an interrupted run of the same command are kept.

    Args:
        effect: The effect.
        sources: Pictures, clips, folders, zip and tar archives; or a camera alone.
        viewer: Shows the frames of a camera or clip while they are made.

    Returns:
        The outcome; for a camera that was only shown, that of the live view.

    Raises:
        InputError: Options contradict each other, a file exists, or there is no consent.
        FileError: A source does not exist, or a single one cannot be read.
        WeightsError: There are no such weights.
    """
    consent = check_run(effect, sources)
    effect.open()
    if is_watched(effect.options, sources):
        return _watch(effect, sources[0], consent, viewer or show_nobody)
    output, records = effect.plan(sources)
    avoid = effect.list_folders(output)
    camera = sources[0].startswith(CAMERA)
    total = 0 if camera else count_sources(sources, avoid=avoid)
    with (
        StopSignal(_NOTICE) as stop,
        write_records(records, effect.columns, effect.list_rows) as write,
    ):
        going = Run(effect, tuple(sources), output, consent, write, stop, viewer, total=total)
        if camera:
            item = Item(sources[0], PurePosixPath(), "", output.file)
            going.take_clip(item, open_camera(sources[0]))
        else:
            going.walk(avoid)
        effect.finish(going)
        going.outcome.finished = not stop.requested
    going.outcome.files.extend(records)
    going.outcome.lines = effect.report(going.outcome)
    return going.outcome


def run_files(effect: Effect[Any], sources: Sequence[str]) -> Outcome:
    """Do what `run` does for a command that shows nothing."""
    outcome = run(effect, sources)
    if isinstance(outcome, Watched):
        raise InputError("nothing is shown here", hint="leave out --show")
    return outcome


def check_run(effect: Effect[Any], sources: Sequence[str]) -> str:
    """Check a run before anything is loaded.

    Returns:
        The consent to record.

    Raises:
        InputError: Options contradict each other, a file exists, or there is no consent.
        FileError: A source does not exist.
    """
    options = effect.options
    cameras = [source for source in sources if source.startswith(CAMERA)]
    if cameras and len(sources) > 1:
        raise InputError("a camera is taken alone", hint=f"facewright {effect.verb} {cameras[0]}")
    if not cameras:
        check_paths(sources)
    moves = cameras or all(is_clip(Path(source)) for source in sources)
    if getattr(options, "show", False) and not moves:
        hint = "leave it out, and open the file"
        raise InputError("--show is for cameras and clips", hint=hint)
    effect.check(sources)
    check_options(options)
    if is_watched(options, sources):
        check_live(options)
    else:
        if cameras and (options.out is None or options.out.suffix.lower() not in CLIPS):
            raise InputError(
                "nothing says where the result goes",
                hint="--show shows what is made of a camera; -o OUT.mp4 writes it",
            )
        effect.plan(sources)
    return ask_consent(effect, effect.list_shown(sources))


def ask_consent(effect: Effect[Any], shown: Sequence[str]) -> str:
    """Return the consent that manifests record.

    Raises:
        InputError: A real person may be shown, and the command lacks their consent.
    """
    if not hasattr(effect.options, "consent"):
        return ""
    return resolve_consent(effect.verb, effect.options.consent, shown)


def is_watched(options: Any, sources: Sequence[str]) -> bool:
    """Return whether a camera is only shown, not written to a clip."""
    out = getattr(options, "out", None)
    written = out is not None and out.suffix.lower() in CLIPS
    return getattr(options, "show", False) and sources[0].startswith(CAMERA) and not written


def check_live(options: Any) -> None:
    """Raise unless what is kept of a camera goes to a folder.

    Raises:
        InputError: The destination is a file.
    """
    out = options.out
    if out is not None and (out.suffix.lower() in {*PICTURES, *CLIPS} or out.is_file()):
        raise InputError(
            f"{out} is a file; what is kept of a camera goes to a folder",
            hint="-o FOLDER for snapshots and recordings, or -o OUT.mp4 for all of it",
        )


def is_single(sources: Sequence[str]) -> bool:
    """Return whether one picture or clip is named, so that what goes wrong with it is an error."""
    path = Path(sources[0])
    return len(sources) == 1 and path.is_file() and not is_archive(path)


@dataclass(slots=True)
class Run:
    """A run: its effect, destinations and progress."""

    effect: Effect[Any]
    sources: tuple[str, ...]
    output: Output
    consent: str
    write: Write
    stop: StopSignal
    viewer: OpenViewer | None = None
    outcome: Outcome = field(default_factory=Outcome)
    total: int = 0
    """How many pictures and frames there are, as far as is known."""
    _done: int = 0
    _watcher: Viewer | None = None
    """Whoever may end a camera by closing the page that shows it."""

    def __post_init__(self) -> None:
        """Take over what the options say of refused files."""
        self.outcome.lenient = getattr(self.effect.options, "lenient", False)

    @property
    def overwrite(self) -> bool:
        """Whether files that are there already are replaced."""
        return bool(self.effect.options.overwrite)

    def is_stopped(self) -> bool:
        """Return whether someone wants the run to end, or has closed the page that shows it."""
        return self.stop.requested or (self._watcher is not None and self._watcher.closed)

    def walk(self, avoid: Sequence[Path]) -> None:
        """Process every picture and clip of the sources."""
        options = self.effect.options
        limit = getattr(options, "limit", None)
        self.total = self.total if limit is None else min(self.total, limit)
        most = getattr(options, "largest_mib", _LARGEST) << 20
        items = walk_sources(self.sources, max_bytes=most, avoid=avoid)
        seen = develop(_limit_items(items, limit))
        many = self.effect.at_once
        for batch in batch_up(seen, pictures=many, pixels=PIXELS_AT_ONCE if many > 1 else 1):
            if self.stop.requested:
                break
            self._take(batch)
            del batch  # before the next pictures are decoded
        found = self.outcome.pictures or self.outcome.clips or self.outcome.refused
        if not found and self.effect.record is None:
            raise InputError(f"there are no pictures in {self.sources[0]}")

    def take_clip(self, item: Item, clip: Clip) -> None:
        """Process every frame of a clip or camera."""
        effect, tally, path = self.effect, Tally(), item.path
        session = effect.start(moves=True)
        limit = getattr(effect.options, "limit", None)
        manifest = self._describe_clip(session, item, limit)
        written = [path] if path else []
        if self._is_done(path, manifest):
            if effect.record is None:
                recalled = effect.sum_up(session, Tally(frames=0), item, clip.size)
                self.outcome.clips.append(recalled)
                self.outcome.files.extend(written)
                self.tick()
                return
            path = None  # what was found in it is recorded all the same
        self._check_extras(path, manifest)
        clip = effect.prepare(replace(clip, frames=islice(clip.frames, limit)))
        count = min(clip.count or sys.maxsize, limit or sys.maxsize)
        clip = replace(clip, count=None if count == sys.maxsize else count)
        self.total += (clip.count or 1) - 1
        with contextlib.ExitStack() as stack, naming(item.source):
            made = step_through(session, clip, tally, self._tell(item, manifest))
            if getattr(effect.options, "show", False):
                made = self._show(stack, made, item, manifest, tally)
            if path is None:
                for _ in made.frames:
                    if self.is_stopped():
                        break
            else:
                written += effect.write_clip(made, path, manifest, self)
        self.outcome.files.extend(written)
        self.outcome.clips.append(effect.sum_up(session, tally, item, clip.size))

    def tick(self) -> None:
        """Count one more picture or frame."""
        self._done += 1
        if self.effect.progress:
            self.effect.progress(self._done, max(self._done, self.total))

    def _describe_clip(self, session: Session, item: Item, limit: int | None) -> Manifest:
        """Record how a clip comes about; one that ends early is another."""
        manifest = self.effect.describe(session, item, self.consent)
        said = {} if limit is None else {"limit": limit}
        return replace(manifest, parameters={**manifest.parameters, **said})

    def _is_done(self, path: Path | None, manifest: Manifest) -> bool:
        """Return whether an interrupted run has written a file."""
        return path is not None and not self.overwrite and is_done(path, manifest)

    def _tell(self, item: Item, manifest: Manifest) -> Callable[[int, float, Step], None]:
        """Return what writes down each frame as it comes out, and counts it."""

        def tell(number: int, seconds: float, step: Step) -> None:
            record = self.effect.describe_step(item, Frame(number, seconds, manifest), step)
            if record is not None:
                self.write(record)
            self.tick()

        return tell

    def _show(
        self, stack: contextlib.ExitStack, made: Clip, item: Item, manifest: Manifest, tally: Tally
    ) -> Clip:
        """Show the frames of a clip while they are made; whoever watches a camera may end it."""
        folder = item.path.parent if item.path else LIVE
        live = LiveSession(manifest, folder, rate=None, total=made.count)
        open_viewer = self.viewer or show_nobody
        shown = stack.enter_context(open_viewer(live, self.effect.options))
        if item.source.startswith(CAMERA):
            self._watcher = shown
        return show_along(made, live, shown, lambda: tally.latest)

    def _take(self, batch: Batch) -> None:
        """Take some pictures or a clip."""
        if isinstance(batch, Refusal):
            with self._refusing(batch.source):
                raise InputError(f"{batch.source}: {batch.reason}")
        elif isinstance(batch, SourceClip):
            with self._refusing(batch.source):
                path = self._spare(self.output.name_clip(batch.place), batch.source)
                item = Item(batch.source, batch.place, file_sha256(batch.path), path)
                lenient = getattr(self.effect.options, "lenient", False)
                clip = read_clip(batch.path, lenient=lenient)
                self.take_clip(item, clip)
                check_complete(clip)
        else:
            self.effect.preview(batch)
            for one in batch:
                with self._refusing(one.photo.source):
                    self._take_picture(one)
                    self.tick()

    def _take_picture(self, one: Developed) -> None:
        """Process a picture, unless an interrupted run has done so."""
        effect, photo = self.effect, one.photo
        path = self._spare(self.output.name_picture(photo.place), photo.source)
        item = Item(photo.source, photo.place, hashlib.sha256(photo.data).hexdigest(), path)
        session = effect.start(moves=False)
        manifest = effect.describe(session, item, self.consent)
        files = effect.list_files(path) if path else []
        done = self._is_done(path, manifest) and all(one.exists() for one in files)
        if not (done or self.overwrite):
            self._check_absent(files)
        if done and effect.record is None:
            self.outcome.pictures.append(effect.recall(one, item))
        else:
            with naming(item.source):
                still = effect.draw(session, one)
                if not still.step.faces and (error := session.miss()):
                    raise error
            if path is not None and not done:
                effect.write_picture(still, path, manifest, self)
            self._record(still, item, effect.keep(still, item, manifest))
        self.outcome.files.extend(files)

    def _record(self, still: Still, item: Item, record: Any) -> None:
        """Write down what was found in a picture, or that it was made."""
        written = name_written(item.path)
        if record is None:
            height, width = still.image.shape[:2]
            faces = len(still.step.faces)
            record = Summary(item.source, width, height, 1, 1, faces, written)
        else:
            record = replace(record, written=written)
            self.write(record)
        self.outcome.pictures.append(self.effect.shorten(record))

    def _check_extras(self, path: Path | None, manifest: Manifest) -> None:
        """Raise if what is written beside a clip is there already."""
        if path and not self.overwrite and not is_cut_short(path, manifest):
            self._check_absent(self.effect.name_extras(path))

    def _check_absent(self, paths: Sequence[Path]) -> None:
        """Raise if one of these files is there already."""
        for path in paths:
            if path.exists():
                hint = "name another folder, or replace it with --overwrite"
                raise InputError(f"{path} is there already", hint=hint)

    def _spare(self, path: Path | None, source: str) -> Path | None:
        """Raise if a result would take the place of what it is made of, or has none."""
        try:
            same = path is not None and path.exists() and path.samefile(source)
        except OSError:  # a member of an archive is no file
            same = False
        if same:
            raise InputError(f"{path} is the source itself", hint="name another folder")
        return path

    @contextlib.contextmanager
    def _refusing(self, source: str) -> Iterator[None]:
        """Turn what goes wrong with one of several sources into a refusal."""
        try:
            yield
        except FacewrightError as error:
            if is_single(self.sources) and self.effect.record is None:
                raise
            reason = to_printable(strip_name(str(error), source))
            self.outcome.refused.append(Refusal(to_printable(source), reason))
            self.tick()


def _watch(effect: Effect[Any], camera: str, consent: str, viewer: OpenViewer) -> Watched:
    """Show the results for a camera, until the viewer is closed."""
    session, clip = effect.start(moves=True), open_camera(camera)
    manifest = effect.describe(session, Item(camera, PurePosixPath()), consent)
    live = LiveSession(manifest, effect.options.out or LIVE, rate=clip.rate)

    def step(image: Image, seconds: float) -> tuple[Image, int]:
        made = session.step(image, seconds)
        return made.image, len(made.faces)

    return watch_live(clip, step, live, viewer, effect.options, effect.progress)


def _limit_items(items: Iterator[SourceItem], limit: int | None) -> Iterator[SourceItem]:
    """Yield so many pictures and clips, and the refusals between them."""
    left = sys.maxsize if limit is None else limit
    for stop in items:
        yield stop
        left -= not isinstance(stop, Refusal)
        if not left:
            return
