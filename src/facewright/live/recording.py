"""Snapshots and recordings of the live view."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from queue import Full, Queue

from facewright.errors import FacewrightError
from facewright.media.clips.timing import hand_out
from facewright.provenance.publish import publish_clip
from facewright.types import Clip, Image, Manifest

SECOND = "second"
"""Parameter in the manifest of a snapshot or recording: its time, or its begin, in seconds."""

_TICK = Fraction(1, 1000)  # seconds
_WAITING = 8  # frames that may wait for the encoder; whoever brings more waits for it
_PATIENCE = 0.2  # seconds between two looks at whether the encoder still lives


class Recording:
    """A clip that is written in the background, frame by frame, in constant memory.

    Attributes:
        path: The file, which appears at the end.
        begin: Its begin in seconds from the start of the run.
        failure: The error that ended it early, if any.
    """

    def __init__(self, path: Path, manifest: Manifest, rate: Fraction, begin: float) -> None:
        """Set up a recording.

        Args:
            path: An .mp4 that does not exist yet.
            manifest: The manifest of the frames.
            rate: Frames per second that the camera claims.
            begin: Its begin in seconds from the start of the run.
        """
        self.path, self.begin = path, begin
        self.failure: FacewrightError | OSError | None = None
        self._manifest, self._rate = date(manifest, begin), rate
        self._frames: Queue[tuple[Image, float] | None] = Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._ended = False

    def take(self, image: Image, seconds: float) -> None:
        """Add a frame; blocks while the encoder is behind.

        Frames after the end, or after a failure, are ignored.

        Args:
            image: (height, width, 3), of the size of the first one.
            seconds: Time of the frame from the start of the run, not before `begin`.
        """
        if self._thread is None:
            size = image.shape[1], image.shape[0]
            # no daemon: a process that ends leaves a clip that plays
            self._thread = threading.Thread(target=self._write, args=(size,), name="recording")
            self._thread.start()
        self._put((image, seconds))

    def finish(self) -> None:
        """End the clip, and wait until it is written."""
        self._ended = True
        if self._thread is not None:
            self._put(None)
            self._thread.join()

    def _put(self, item: tuple[Image, float] | None) -> None:
        """Pass an item to the encoder as long as it runs."""
        while self._thread is not None and self._thread.is_alive():
            if self._ended and item is not None:
                return
            try:
                self._frames.put(item, timeout=_PATIENCE)
            except Full:
                continue
            return

    def _write(self, size: tuple[int, int]) -> None:
        """Write frames until there are no more."""
        times: deque[int] = deque()
        frames = self._number(times)
        clip = Clip(size, self._rate, frames, times=hand_out(times), tick=_TICK)
        try:
            publish_clip(clip, self.path, self._manifest)
        except (FacewrightError, OSError) as error:
            self.failure = error

    def _number(self, times: deque[int]) -> Iterator[Image]:
        """Yield frames as they arrive, and record their times."""
        last = -1
        while (item := self._frames.get()) is not None:
            image, seconds = item
            last = max(last + 1, round((seconds - self.begin) / _TICK))
            times.append(last)
            yield image


def date(manifest: Manifest, seconds: float) -> Manifest:
    """Record the time of a snapshot or recording in a manifest.

    Args:
        manifest: The manifest of a frame.
        seconds: Seconds from the start of the run.

    Returns:
        The new manifest.
    """
    return replace(manifest, parameters={**manifest.parameters, SECOND: round(seconds, 3)})


def number_file(folder: Path, stem: str, suffix: str) -> Path:
    """Return the path of the next of several numbered files.

    Args:
        folder: Their folder, which may not exist yet.
        stem: First part of their names, such as "snapshot".
        suffix: Extension, such as ".png".

    Returns:
        A path such as folder/snapshot-0001.png that is not used yet.
    """
    pattern = re.compile(rf"\.?{re.escape(stem)}-(\d+){re.escape(suffix)}(\..+\.part)?")
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    numbers = (int(found[1]) for name in names if (found := pattern.fullmatch(name)))
    return folder / f"{stem}-{max(numbers, default=0) + 1:04}{suffix}"
