"""Look for faces in one picture or clip after the other, and write what is found."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice, tee
from pathlib import Path
from typing import Literal

import torch

from facewright.collect.sources.items import Refusal, strip_name, to_printable
from facewright.collect.sources.walk import Batch, Developed, SourceClip
from facewright.device import name_device
from facewright.errors import FacewrightError, InputError
from facewright.faces.detection.doubts import DOUBTFUL, describe_doubtful, split_doubtful
from facewright.faces.tracking.track import Tracker
from facewright.hub.bundle import file_sha256
from facewright.hub.store import Progress
from facewright.jobs.outputs import Output, is_done
from facewright.media.video import check_complete, read_clip
from facewright.provenance.publish import publish_clip, publish_image
from facewright.tasks.annotating import Drawn, Numbered, annotate
from facewright.tasks.cropping import Cropper, TemplateName
from facewright.tasks.lookout import Lookout
from facewright.tasks.sightings import (
    Filmed,
    Found,
    Sighting,
    describe_face,
    drop_points,
    name_written,
)
from facewright.types import Clip, Face, Image, Json, Manifest
from facewright.version import __version__

PIXELS_AT_ONCE = 24_000_000
"""The most pixels that the networks see together, unless one picture has more."""

_FRAMES_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """What to look for, and what to write of it."""

    draw: Drawn = "points"
    """What to draw of each face beside its box, number and score; none writes no pictures."""
    points: Literal["mesh", "five"] = "mesh"
    """Which points the JSON lists: all 478, or eyes, nose and corners of the mouth."""
    smallest: float | None = None
    """The smallest face to look for, in pixels; otherwise 24, or 2 % of the longer side of a large
    picture. Half of it takes four times as long."""
    threshold: float = 0.4
    """Leave out faces of which the detector is less sure, 0.01 to 0.99."""
    crops: Path | None = None
    """Cut each face out upright, into this folder, as PNG."""
    template: TemplateName = "ffhq"
    """How crops are aligned."""
    size: int = 256
    """Width and height of crops in pixels."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100; 100 makes WebP lossless."""
    finder: str | None = None
    """The network that finds faces: a name that `facewright models list` shows, or a file that
    `facewright train finder` wrote; the one that ships with the package if not given."""
    mesh: str | None = None
    """The network that places points on them: likewise, from `facewright train mesh`."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace files that are there already."""
    limit: int | None = None
    """Look at no more than this many pictures and clips, and at this many frames of each clip."""


@dataclass(slots=True)
class _Tally:
    """What was counted in a clip."""

    frames: int = 0
    with_faces: int = 0
    people: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Way:
    """What comes of a clip."""

    manifest: Manifest
    written: str | None
    """The annotated clip."""


@dataclass(slots=True)
class Search:
    """A run of `find`: what it looks with, where results go, and how far it is."""

    lookout: Lookout
    options: SearchOptions
    output: Output
    found: Found
    """What is found is added here."""
    write: Callable[[Sighting], None]
    """Called with of every picture and frame."""
    progress: Progress | None = None
    total: int = 0
    """How many pictures and frames there are, as far as is known."""
    cropper: Cropper | None = None
    _done: int = 0

    def take(self, batch: Batch) -> None:
        """Look at some pictures or a clip. What goes wrong with one of them is a refusal."""
        if isinstance(batch, Refusal):
            self._refuse(batch.source, batch.reason)
            self._tick()
        elif isinstance(batch, SourceClip):
            self._take_clip(batch)
        else:
            threshold = self.options.threshold
            found = self._find([one.image for one in batch], min(threshold, DOUBTFUL))
            for one, faces in zip(batch, found, strict=True):
                self._take_picture(one, *split_doubtful(faces, threshold))
                self._tick()

    def _take_picture(
        self, one: Developed, faces: Sequence[Face], doubtful: Sequence[Face]
    ) -> None:
        """Write down the faces of a picture, and draw them; or where there may be one."""
        photo, (height, width) = one.photo, one.image.shape[:2]
        numbered = list(enumerate(faces, 1))
        written, crops = self._write_picture(one, numbered)
        mesh = self.options.points == "mesh"
        told = tuple(describe_face(n, face, mesh=mesh, crop=crops.get(n)) for n, face in numbered)
        sighting = Sighting(photo.source, width, height, told, written=name_written(written))
        if doubtful and not faces:
            best = max(doubtful, key=lambda face: face.score)
            said = describe_doubtful(best, threshold=self.options.threshold)
            sighting = replace(sighting, doubtful=said)
        self.write(sighting)
        self.found.pictures.append(drop_points(sighting) if self.output.record else sighting)

    def _write_picture(
        self, one: Developed, numbered: Sequence[Numbered]
    ) -> tuple[Path | None, dict[int, Path]]:
        """Write a picture with its faces drawn and cut out; return what was written."""
        photo, crops = one.photo, dict[int, Path]()
        path, written = self.output.name_picture(photo.place), None
        if path is None and self.cropper is None:
            return None, crops
        manifest = self._describe({photo.place.name: hashlib.sha256(photo.data).hexdigest()})
        try:
            if path is not None:
                spare_source(path, photo.source)
                self._publish(one.image, numbered, path, manifest)
                self.found.files.append(written := path)
            if self.cropper is not None:
                crops = self.cropper.cut_faces(one.image, numbered, photo.place, manifest)
                self.found.files.extend(crops.values())
        except FacewrightError as error:
            self._refuse(photo.source, str(error))
        return written, crops

    def _publish(
        self, image: Image, numbered: Sequence[Numbered], path: Path, manifest: Manifest
    ) -> None:
        """Write an annotated picture, unless an interrupted run has done so."""
        quality, overwrite = self.options.quality, self.options.overwrite
        if overwrite or not is_done(path, manifest):
            drawn = annotate(image, numbered, self.options.draw)
            publish_image(drawn, path, manifest, quality=quality, overwrite=overwrite)

    def _take_clip(self, clip_source: SourceClip) -> None:
        """Write down the faces of a clip frame by frame, and draw them."""
        tally, size = _Tally(), (0, 0)
        path = self.output.name_clip(clip_source.place)
        try:
            clip = read_clip(clip_source.path)
            size = clip.size
            frame_count = _least(clip.count, self.options.limit)
            self.total += (frame_count or 1) - 1
            hashed = path is not None or self.cropper is not None
            sources = {clip_source.place.name: file_sha256(clip_source.path)} if hashed else {}
            manifest = self._describe(sources, limit=self.options.limit)
            seconds, times = share_times(clip)
            frames = self._follow(
                clip_source, clip, seconds, tally, _Way(manifest, name_written(path))
            )
            followed = replace(clip, frames=frames, times=times, count=frame_count)
            overwrite = self.options.overwrite
            if path is None or (not overwrite and is_done(path, manifest)):
                for _ in followed.frames:
                    pass
            else:
                spare_source(path, clip_source.source)
                publish_clip(followed, path, manifest, overwrite=overwrite)
            self.found.files.extend([path] if path else [])
            check_complete(clip)
        except FacewrightError as error:
            self._refuse(clip_source.source, strip_name(str(error), clip_source.source))
        if tally.frames:
            counts = (tally.frames, tally.with_faces, len(tally.people))
            self.found.clips.append(Filmed(clip_source.source, *size, *counts))
        else:
            self._tick()

    def _follow(
        self, clip_source: SourceClip, clip: Clip, times: Iterator[float], tally: _Tally, way: _Way
    ) -> Iterator[Image]:
        """Yield the frames of a clip with what was found drawn onto them."""
        tracker, (width, height) = Tracker(), clip.size
        mesh, drawn = self.options.points == "mesh", self.options.draw
        for image, faces in self._find_in_frames(clip):
            seconds = next(times)
            tracked = tracker.step(faces, time=seconds, image=image)
            seen, crops = [(one.number, one.face) for one in tracked if one.seen], dict[int, Path]()
            if self.cropper is not None:
                number, place = tally.frames, clip_source.place
                crops = self.cropper.cut_faces(image, seen, place, way.manifest, frame=number)
                self.found.files.extend(crops.values())
            told = tuple(
                describe_face(t.number, t.face, mesh=mesh, seen=t.seen, crop=crops.get(t.number))
                for t in tracked
            )
            at = (tally.frames, round(seconds, 4), way.written)
            self.write(Sighting(clip_source.source, width, height, told, *at))
            tally.frames += 1
            tally.with_faces += bool(seen)
            tally.people.update(number for number, _ in seen)
            yield annotate(image, seen, drawn)
            self._tick()

    def _find_in_frames(self, clip: Clip) -> Iterator[tuple[Image, list[Face]]]:
        """Yield each frame with its faces; several are looked at together."""
        width, height = clip.size
        together = max(1, min(_FRAMES_AT_ONCE, PIXELS_AT_ONCE // (width * height)))
        frames = islice(clip.frames, self.options.limit)
        while images := list(islice(frames, together)):
            yield from zip(images, self._find(images, self.options.threshold), strict=True)

    def _find(self, images: Sequence[Image], threshold: float) -> list[list[Face]]:
        """Return the faces of each picture, the largest first."""
        smallest = self.options.smallest
        return self.lookout.finder.find(images, smallest=smallest, threshold=threshold)

    def _describe(self, sources: Mapping[str, str], limit: int | None = None) -> Manifest:
        """Say how an annotated picture or clip comes about."""
        names = ("draw", "smallest", "threshold", "quality")
        parameters: dict[str, Json] = {name: getattr(self.options, name) for name in names}
        return Manifest(
            task="find",
            parameters=parameters | ({} if limit is None else {"limit": limit}),
            models=self.lookout.models,
            sources=sources,
            version=__version__,
            torch=torch.__version__,
            device=name_device(self.lookout.device),
        )

    def _refuse(self, source: str, reason: str) -> None:
        """Write down that something could not be read or written, and why."""
        self.found.refused.append(Refusal(to_printable(source), to_printable(reason)))

    def _tick(self) -> None:
        """Count one more picture or frame."""
        self._done += 1
        if self.progress:
            self.progress(self._done, max(self._done, self.total))


def spare_source(path: Path, source: str) -> None:
    """Raise InputError if a result would take the place of what it was made of."""
    try:
        same = path.exists() and path.samefile(source)
    except OSError:  # a member of an archive is no file
        same = False
    if same:
        raise InputError(f"{path} is the source itself", hint="name another folder")


def share_times(clip: Clip) -> tuple[Iterator[float], Iterator[int] | None]:
    """Return when each frame is shown, in seconds, and again as the clip has it.

    Args:
        clip: Any; its own times are used up.

    Returns:
        Seconds, and ticks if the clip has them; each is asked for after its frame.
    """
    if clip.times is None or clip.tick is None:
        return (float(number / clip.rate) for number in count()), None
    ours, theirs = tee(clip.times)
    tick = clip.tick
    return (float(time * tick) for time in ours), theirs


def _least(one: int | None, other: int | None) -> int | None:
    """Return the smaller of two numbers that may be missing."""
    return min((n for n in (one, other) if n is not None), default=None)
