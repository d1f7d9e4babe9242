"""Convert faces from one style to another, in pictures, folders and clips."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from facewright.collect.sources.items import Refusal, strip_name, to_printable
from facewright.collect.sources.walk import (
    Developed,
    SourceClip,
    count_sources,
    develop,
    walk_sources,
)
from facewright.device import name_device
from facewright.errors import FacewrightError, InputError
from facewright.faces.choose import select_faces
from facewright.faces.detection.doubts import hint_at_face
from facewright.faces.tracking.follow import FaceFollower, FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.hub.bundle import file_sha256
from facewright.hub.store import Progress
from facewright.media.video import check_complete, read_clip
from facewright.pipelines.consent import resolve_consent
from facewright.provenance.publish import publish_clip, publish_image
from facewright.tasks.converting.options import ConvertOptions, check_convert, is_single
from facewright.tasks.converting.page import Leaf, render_leaf, write_page
from facewright.tasks.converting.strips import draw_strip, plan_strengths
from facewright.tasks.converting.workshop import Workshop, open_workshop
from facewright.tasks.destinations import Output, is_cut_short, is_done
from facewright.tasks.framewise import Tally, change_frames
from facewright.tasks.search import spare_source
from facewright.training.stop import StopSignal
from facewright.types import Face, Image, Json, Manifest
from facewright.version import __version__

_LARGEST = 256 << 20  # bytes of a picture
_NOTICE = "stopping: the clip up to here is written"
_NOT_RECORDED = {"with_", "out", "page", "consent", "device", "overwrite", "finder", "mesh"}
_NOT_RECORDED |= {"lenient"}


@dataclass(slots=True)
class Converted:
    """What was converted."""

    files: list[Path] = field(default_factory=list)
    """What was written."""
    pictures: int = 0
    """How many pictures were converted."""
    faces: int = 0
    """How many faces in them."""
    frames: int = 0
    """How many frames of clips were looked at."""
    converted: int = 0
    """In how many of these a face was converted."""
    refused: list[Refusal] = field(default_factory=list)
    """What could not be converted, each with the reason."""
    finished: bool = True
    """False if someone ended a clip early."""

    @property
    def failed(self) -> bool:
        """Whether the exit status says that something went wrong."""
        return bool(self.refused)


def convert_pictures(
    sources: list[str], *, options: ConvertOptions, progress: Progress | None = None
) -> Converted:
    """Convert faces from one style to another, such as young to old, and put them back.

    Each face is found, cut out and translated, and the change is put into the untouched picture,
    which keeps its detail and everything around the face. What a translator shows is what its two
    sets of pictures differ in. It predicts nothing about anybody.

    In folders, what cannot be converted is listed with the reason, the rest goes on, and the exit
    status is 1. Run the same command again to go on after an interruption. Ctrl-C ends a clip in
    good order, and the run with it: what is there by then plays. In a folder, the same command
    makes it whole.

    Args:
        sources: Pictures, clips, folders, zip and tar archives.
        options: With which translator, how, and where to.
        progress: Called with how many pictures and frames are done, and of how many.

    Returns:
        What was converted.

    Raises:
        InputError: An option is invalid, a file is there already, there is no consent, or a
            single picture shows no face.
        FileError: A source is missing or damaged.
        WeightsError: There is no such translator.
    """
    output = check_convert(sources, options)
    return convert_with(open_workshop(options, progress), output, sources, options, progress)


def convert_with(
    workshop: Workshop,
    output: Output,
    sources: Sequence[str],
    options: ConvertOptions,
    progress: Progress | None = None,
) -> Converted:
    """Do what `convert_pictures` does with networks that are open already.

    Args:
        workshop: What converts.
        output: Where results go, as `check_convert` returns it.
        sources: Pictures, clips, folders and archives.
        options: How.
        progress: Called with how many pictures and frames are done, and of how many.

    Returns:
        What was converted.
    """
    avoid = [output.folder.path] if output.folder else []
    total = count_sources(sources, avoid=avoid)
    run = _Run(workshop, output, tuple(sources), options, progress, total)
    for one in develop(walk_sources(sources, max_bytes=_LARGEST, avoid=avoid)):
        run.take(one)
        if not run.result.finished:
            break
    run.finish()
    return run.result


@dataclass(slots=True)
class _Run:
    """A run: what it converts with, where results go, and how far it is."""

    workshop: Workshop
    output: Output
    sources: tuple[str, ...]
    options: ConvertOptions
    progress: Progress | None
    total: int
    result: Converted = field(default_factory=Converted)
    leaves: list[str] = field(default_factory=list)
    """What the page shows, as HTML: pictures as they are would fill the memory."""
    _done: int = 0

    def take(self, one: Developed | SourceClip | Refusal) -> None:
        """Convert a picture or clip; of several, what goes wrong with one is a refusal."""
        source = one.photo.source if isinstance(one, Developed) else one.source
        try:
            if isinstance(one, Refusal):
                raise InputError(f"{one.source}: {one.reason}")
            if isinstance(one, SourceClip):
                self._take_clip(one)
            else:
                self._take_picture(one)
                self._tick()
        except FacewrightError as error:
            if is_single(self.sources):
                raise
            reason = to_printable(strip_name(str(error), source))
            self.result.refused.append(Refusal(to_printable(source), reason))
            self._tick()

    def finish(self) -> None:
        """Write the page, and see that there was something."""
        if not (self.result.files or self.result.pictures or self.result.refused):
            raise InputError(f"there are no pictures in {self.sources[0]}")
        if self.options.page and self.leaves and self.output.file:
            write_page(self.leaves, self.output.file, self.workshop.way)
            self.result.files.append(self.output.file)

    def _take_picture(self, one: Developed) -> None:
        """Convert a picture, unless an interrupted run has done so."""
        photo, options = one.photo, self.options
        manifest = self._describe(photo.place.name, hashlib.sha256(photo.data).hexdigest())
        path = None if options.page else self.output.name_picture(photo.place)
        if path is not None and not options.overwrite and is_done(path, manifest):
            self._count(path, 0)
            return
        if path is not None:
            spare_source(path, photo.source)
        strip = options.strip or options.steps is not None
        image, alpha = (one.image, None) if strip or path is None else (one.colours, one.alpha)
        faces = self._find(image, photo.source)
        strengths = plan_strengths(options.strength, options.steps)
        made = self.workshop.convert(image, [face.points for face in faces], strengths)
        if path is None:
            self.leaves.append(render_leaf(Leaf(photo.place.name, made, strengths, manifest)))
        else:
            drawn = draw_strip(made, strengths, faces) if strip else made[-1]
            quality, overwrite = options.quality, options.overwrite
            publish_image(
                *(drawn, path, manifest), alpha=alpha, quality=quality, overwrite=overwrite
            )
        self._count(path, len(faces))

    def _take_clip(self, clip_source: SourceClip) -> None:
        """Convert every frame of a clip."""
        options, tally = self.options, Tally()
        path = self.output.name_clip(clip_source.place)
        if path is None:
            raise InputError(
                f"{clip_source.source} is a clip", hint="name a folder, or an .mp4: -o OUT.mp4"
            )
        spare_source(path, clip_source.source)
        clip = read_clip(clip_source.path, lenient=options.lenient)
        self.total += (clip.count or 1) - 1
        manifest = self._describe(clip_source.place.name, file_sha256(clip_source.path))
        if not options.overwrite and is_done(path, manifest):
            self.result.files.append(path)
            self._tick()
            check_complete(clip)
            return
        follower = self._follow()

        def change(image: Image, seconds: float) -> tuple[Image, int]:
            chosen = follower.follow(image, time=seconds) if follower else []
            meshes = [one.face.points for one in chosen]
            (made,) = self.workshop.convert(image, meshes, [options.strength])
            self._tick()
            return made, len(chosen) if follower else 1

        def miss() -> InputError:
            return _miss(clip_source.source, options, tally.frames)

        with StopSignal(_NOTICE) as stop:
            changed = change_frames(clip, change, tally, miss)
            publish_clip(
                changed,
                path,
                manifest,
                overwrite=options.overwrite or is_cut_short(path, manifest),
                stopped=lambda: stop.requested,
            )
            self.result.finished = self.result.finished and not stop.requested
        self.result.files.append(path)
        self.result.frames += tally.frames
        self.result.converted += tally.changed
        check_complete(clip)

    def _follow(self) -> FaceFollower | None:
        """Return what finds the faces of frames; None where whole ones are converted."""
        lookout, options = self.workshop.lookout, self.options
        if lookout is None:
            return None
        config = FrameConfig(smallest=options.smallest, threshold=options.threshold)
        return FaceFollower(lookout.finder, Picker(options.faces), config)

    def _find(self, image: Image, source: str) -> list[Face]:
        """Return the faces of a picture that are converted; none where all of it is."""
        lookout, options = self.workshop.lookout, self.options
        if lookout is None:
            return []
        (found,) = lookout.finder.find(
            [image], smallest=options.smallest, threshold=options.threshold
        )
        chosen = select_faces(found, options.faces)
        if not chosen:
            error = _miss(source, options, found=len(found))
            if not found:
                limits = {"smallest": options.smallest, "threshold": options.threshold}
                hint = hint_at_face(lookout.finder, image, error.hint or "", **limits)
                error = InputError(str(error), hint=hint)
            raise error
        return chosen

    def _describe(self, name: str, sha256: str) -> Manifest:
        """Say how a result comes about. Files count by name: it may be published."""
        shop, options = self.workshop, self.options
        said: dict[str, Json] = {
            key: value for key, value in asdict(options).items() if key not in _NOT_RECORDED
        }
        said |= {"with": shop.way, "picture": name}
        said["precision"] = str(shop.dtype).removeprefix("torch.")
        return Manifest(
            task="convert",
            parameters=said,
            models=shop.models,
            sources={f"picture/{name}": sha256},
            consent=resolve_consent("convert", options.consent, self.sources),
            version=__version__,
            torch=torch.__version__,
            device=name_device(shop.device),
        )

    def _count(self, path: Path | None, faces: int) -> None:
        """Count one more picture."""
        self.result.files.extend([path] if path else [])
        self.result.pictures += 1
        self.result.faces += faces

    def _tick(self) -> None:
        """Say that one more picture or frame is done."""
        self._done += 1
        if self.progress:
            self.progress(self._done, max(self._done, self.total))


def _miss(source: str, options: ConvertOptions, frames: int = 1, *, found: int = 0) -> InputError:
    """Return the error for a picture or clip without the face that is asked for."""
    where = f" in {frames} frames" if frames > 1 else ""
    if found or options.faces != "all":
        hint = "all, largest, left, right, or a number from 1"
        return InputError(f"{source}: --faces {options.faces} chooses no face{where}", hint=hint)
    return InputError(
        f"{source}: no face was found{where}",
        hint="--whole translates all of a picture; --smallest 12 finds small faces, "
        "--threshold 0.3 dim ones",
    )
