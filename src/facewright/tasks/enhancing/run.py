"""Make one picture or clip after the other clear, and write it."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from facewright.collect.sources.items import Refusal, strip_name, to_printable
from facewright.collect.sources.walk import Developed, Seen, SourceClip
from facewright.errors import FacewrightError, InputError
from facewright.hub.bundle import file_sha256
from facewright.hub.store import Progress
from facewright.media.clips.changing import map_frames
from facewright.media.decode import read_image
from facewright.media.video import check_complete, read_clip
from facewright.provenance.publish import publish_clip, publish_image
from facewright.tasks.destinations import Output, is_cut_short, is_done
from facewright.tasks.enhancing.optics import Optics, check_size
from facewright.tasks.enhancing.options import EnhanceOptions
from facewright.tasks.search import spare_source
from facewright.types import Image

_COMPARED = 25  # each so many-th frame of a clip


@dataclass(frozen=True, slots=True)
class Result:
    """A picture or clip that was made clear."""

    path: Path
    source: str
    width: int
    """Pixels."""
    height: int
    frames: int
    """Of a clip; a picture is one. 0 if a clip was there already, and does not say."""
    likeness: tuple[float, ...]
    """How much each face that is found still looks like itself, 0 to 1, the largest first; in a
    clip of every 25th frame. Of a clip that was there already, none."""


@dataclass(frozen=True, slots=True)
class Enhanced:
    """What `enhance` made."""

    results: list[Result] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    """Files that could not be read or written, each with the reason."""
    finished: bool = True
    """False if someone ended it early."""

    @property
    def failed(self) -> bool:
        """Whether the exit status says that something went wrong."""
        return bool(self.refused)


@dataclass(slots=True)
class Run:
    """A run of `enhance`: what it uses, where results go, and how far it is."""

    optics: Optics
    options: EnhanceOptions
    output: Output
    stopped: Callable[[], bool]
    """Tells whether someone wants the run to end."""
    progress: Progress | None = None
    total: int = 0
    """How many pictures and frames there are, as far as is known."""
    made: Enhanced = field(default_factory=Enhanced)
    _done: int = 0

    def take(self, one: Seen) -> None:
        """Make a picture or clip clear. What goes wrong with one of them is a refusal."""
        if isinstance(one, Refusal):
            self.made.refused.append(one)
            self._tick()
            return
        source = one.source if isinstance(one, SourceClip) else one.photo.source
        try:
            take = self._take_clip if isinstance(one, SourceClip) else self._take_picture
            self.made.results.append(take(one))  # type: ignore[arg-type]
        except FacewrightError as error:
            reason = strip_name(str(error), source)
            self.made.refused.append(Refusal(to_printable(source), to_printable(reason)))

    def _take_picture(self, one: Developed) -> Result:
        """Make a picture clear and write it, unless an interrupted run has done so."""
        photo, path = one.photo, self._name(self.output.name_picture(one.photo.place))
        spare_source(path, photo.source)
        sha256 = hashlib.sha256(photo.data).hexdigest()
        manifest = self.optics.describe(photo.place.name, sha256, photo.source)
        quality, overwrite = self.options.quality, self.options.overwrite
        if not overwrite and is_done(path, manifest):
            after = read_image(path)
        else:
            cleared = self.optics.clear(one.colours)
            self._check_found(cleared.faces)
            after = cleared.image
            publish_image(
                *(after, path, manifest), alpha=one.alpha, quality=quality, overwrite=overwrite
            )
        height, width = after.shape[:2]
        likeness = self.optics.compare(one.colours, after)
        self._tick()
        return Result(path, photo.source, width, height, 1, likeness)

    def _take_clip(self, clip_source: SourceClip) -> Result:
        """Make every frame of a clip clear."""
        path = self._name(self.output.name_clip(clip_source.place))
        spare_source(path, clip_source.source)
        clip = read_clip(clip_source.path, lenient=self.options.lenient)
        scale, scores = self.optics.scale, list[float]()
        check_size(*clip.size, scale)
        width, height = (side * scale for side in clip.size)
        manifest = self.optics.describe(
            clip_source.place.name, file_sha256(clip_source.path), str(clip_source.path)
        )
        if not self.options.overwrite and is_done(path, manifest):
            self._tick()
            check_complete(clip)
            return Result(path, clip_source.source, width, height, clip.count or 0, ())
        self.total += (clip.count or 1) - 1
        faces, count = 0, 0

        def clear(image: Image, _seconds: float) -> Image:
            nonlocal faces, count
            cleared = self.optics.clear(image)
            if count % _COMPARED == 0:
                scores.extend(self.optics.compare(image, cleared.image))
            faces, count = faces + cleared.faces, count + 1
            return cleared.image

        made, times = map_frames(clip, clear)

        def frames() -> Iterator[Image]:
            for frame in made:
                yield frame
                self._tick()
            self._check_found(faces)

        larger = replace(clip, size=(width, height), frames=frames(), times=times)
        overwrite = self.options.overwrite or is_cut_short(path, manifest)
        publish_clip(larger, path, manifest, overwrite=overwrite, stopped=self.stopped)
        check_complete(clip)
        return Result(path, clip_source.source, width, height, count, tuple(scores))

    def _check_found(self, faces: int) -> None:
        """Raise if faces were asked for, and none was made clear."""
        if self.options.faces is not None and not faces:
            raise InputError(f"--faces {self.options.faces} chooses no face")

    def _name(self, path: Path | None) -> Path:
        """Return where a result goes."""
        if path is None:
            raise InputError("nothing says where the result goes", hint="-o OUT")
        return path

    def _tick(self) -> None:
        """Count one more picture or frame."""
        self._done += 1
        if self.progress:
            self.progress(self._done, max(self._done, self.total))
