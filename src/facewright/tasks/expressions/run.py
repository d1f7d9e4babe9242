"""Read one picture or clip after the other, and write what is read."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from facewright.collect.sources.items import Refusal, strip_name, to_printable
from facewright.collect.sources.walk import Batch, Developed, SourceClip
from facewright.errors import FacewrightError, InputError
from facewright.expressions.drawing import TIMELINE, History, label_picture
from facewright.expressions.reader import NamedFace, read_picture
from facewright.hub.bundle import file_sha256
from facewright.hub.store import Progress
from facewright.jobs.outputs import Output, is_done
from facewright.media.video import check_complete, read_clip
from facewright.provenance.publish import publish_clip, publish_image
from facewright.tasks.expressions.frames import Frame, label_frames
from facewright.tasks.expressions.instruments import (
    ExpressionOptions,
    Instruments,
    describe_run,
    read_seconds,
)
from facewright.tasks.expressions.places import name_timeline
from facewright.tasks.expressions.records import Expressed, ReadClip, Reading, describe_named
from facewright.tasks.sightings import name_written
from facewright.training.stop import StopSignal
from facewright.types import Clip, Face, Manifest

_NOTICE = "stopping: the clip up to here is written"


@dataclass(slots=True)
class Run:
    """A run: what it reads with, where results go, and how far it is."""

    instruments: Instruments
    options: ExpressionOptions
    output: Output
    found: Expressed
    write: Callable[[Reading], None]
    progress: Progress | None
    total: int
    stopped: bool = False
    _done: int = 0

    def take(self, batch: Batch) -> None:
        """Read some pictures or a clip. What goes wrong with one of them is a refusal."""
        if isinstance(batch, Refusal):
            self._refuse(batch.source, batch.reason)
            self._tick()
        elif isinstance(batch, SourceClip):
            self._take_clip(batch)
        else:
            finder, options = self.instruments.lookout.finder, self.options
            images = [one.image for one in batch]
            found = finder.find(images, smallest=options.smallest, threshold=options.threshold)
            for one, faces in zip(batch, found, strict=True):
                self._take_picture(one, faces)
                self._tick()

    def _take_picture(self, one: Developed, faces: Sequence[Face]) -> None:
        """Read the expressions in a picture, and draw them."""
        photo, (height, width) = one.photo, one.image.shape[:2]
        known = self.instruments
        if read_seconds(self.options.calibrate):
            reason = "seconds of --calibrate are for clips and cameras, and this is a picture"
            self._refuse(photo.source, reason)
            return
        named = read_picture(known.classifier, one.image, faces, offset=known.offset)
        path, written = self.output.name_picture(photo.place), None
        if path is not None:
            sha256 = hashlib.sha256(photo.data).hexdigest()
            manifest = describe_run(known, self.options, photo.place.name, sha256)
            try:
                self._publish(one, named, path, manifest)
                self.found.files.append(written := path)
            except FacewrightError as error:
                self._refuse(photo.source, str(error))
        told = tuple(describe_named(face) for face in named)
        reading = Reading(photo.source, width, height, told, written=name_written(written))
        self.write(reading)
        self.found.pictures.append(reading)

    def _publish(
        self, one: Developed, named: list[NamedFace], path: Path, manifest: Manifest
    ) -> None:
        """Write a picture with bars, unless an interrupted run has done so."""
        quality, overwrite = self.options.quality, self.options.overwrite
        _spare_source(path, one.photo.source)
        if overwrite or not is_done(path, manifest):
            drawn = label_picture(one.image, named, widen=True)
            publish_image(drawn, path, manifest, quality=quality, overwrite=overwrite)

    def _take_clip(self, clip_source: SourceClip) -> None:
        """Read a clip; what goes wrong is a refusal."""
        path = self.output.name_clip(clip_source.place)
        try:
            if path is not None:
                _spare_source(path, clip_source.source)
            named = (clip_source.place.name, file_sha256(clip_source.path)) if path else ("", "")
            manifest = describe_run(self.instruments, self.options, *named)
            clip = read_clip(clip_source.path, lenient=self.options.lenient)
            self.take_clip(clip_source.source, clip, path, manifest)
        except FacewrightError as error:
            self._refuse(clip_source.source, strip_name(str(error), clip_source.source))
            self._tick()

    def take_clip(self, name: str, clip: Clip, path: Path | None, manifest: Manifest) -> None:
        """Read the expressions in every frame, draw them and their timeline."""
        self._check_clip(clip, path)
        history, size, counts = History(), clip.size, [0, 0]
        frame_count = min(clip.count or sys.maxsize, self.options.limit or sys.maxsize)
        self.total += frame_count - 1 if frame_count < sys.maxsize else 0
        written = name_written(path)

        def tell(frame: Frame) -> None:
            told = tuple(describe_named(face) for face in frame.faces)
            seconds = round(frame.seconds, 4)
            self.write(Reading(name, *size, told, frame.number, seconds, written))
            history.add(frame.faces, frame.seconds)
            counts[0] += 1
            counts[1] += any(face.seen for face in frame.faces)
            self._tick()

        reader = self.instruments.start_reader()
        labelled = label_frames(reader, clip, tell=tell, limit=self.options.limit)
        with StopSignal(_NOTICE) as stop:
            if path is None:
                for _ in labelled.frames:
                    if stop.requested:
                        break
            else:
                publish_clip(
                    labelled,
                    path,
                    manifest,
                    overwrite=self.options.overwrite,
                    stopped=lambda: stop.requested,
                )
            self.stopped = stop.requested
        if path is not None:
            self.found.files.append(path)
            line = name_timeline(path)
            drawn_by = replace(manifest, task=TIMELINE)
            publish_image(history.draw(), line, drawn_by, overwrite=self.options.overwrite)
            self.found.files.append(line)
        shares, finished = history.sum_up(), not self.stopped
        self.found.clips.append(
            ReadClip(name, *size, counts[0], counts[1], history.people, shares, finished)
        )
        check_complete(clip)

    def _check_clip(self, clip: Clip, path: Path | None) -> None:
        """Raise if a clip is too short to calibrate with, or its timeline is there already."""
        seconds = read_seconds(self.options.calibrate)
        lasts = None if clip.count is None else float(clip.count / clip.rate)
        if seconds and lasts is not None and lasts <= seconds:
            raise InputError(
                f"the clip lasts {lasts:.1f} s, --calibrate takes {seconds:g}",
                hint="fewer seconds, or a picture of the neutral face",
            )
        if path is not None and not self.options.overwrite and name_timeline(path).exists():
            raise InputError(
                f"{name_timeline(path)} is there already",
                hint="name another folder, or replace it with --overwrite",
            )

    def _refuse(self, source: str, reason: str) -> None:
        """Write down that something could not be read or written, and why."""
        self.found.refused.append(Refusal(to_printable(source), to_printable(reason)))

    def _tick(self) -> None:
        """Count one more picture or frame."""
        self._done += 1
        if self.progress:
            self.progress(self._done, max(self._done, self.total))


def _spare_source(path: Path, source: str) -> None:
    """Raise if a result would take the place of what it was made of."""
    with contextlib.suppress(OSError):  # a member of an archive is no file
        if path.exists() and path.samefile(source):
            raise InputError(f"{path} is the source itself", hint="name another folder")
