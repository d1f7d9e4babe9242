"""The session of a live view: connects a task, which shows frames, with its viewers."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType

from facewright.errors import FacewrightError, FileError, InputError
from facewright.live.recording import Recording, date, number_file
from facewright.provenance.publish import publish_image, render_image
from facewright.types import Image, Manifest

_QUALITY = 85  # of what is only shown: 7 ms for a frame of 1280 by 720
_GLANCE = 2.0  # seconds over which the speed is measured
_LISTED = 20  # files


@dataclass(frozen=True, slots=True)
class View:
    """One frame as it is shown."""

    image: Image
    faces: int | None
    """Number of faces found; None if unknown."""
    number: int
    """Number of the frame, from 1."""
    seconds: float
    """Time from the first frame, in seconds."""


@dataclass(frozen=True, slots=True)
class State:
    """The progress of a run, for its viewers."""

    title: str
    folder: str
    """Folder of snapshots and recordings."""
    records: bool
    """Whether recordings can be made."""
    total: int | None
    """Number of frames in all, if known."""
    frame: int = 0
    faces: int | None = None
    size: tuple[int, int] | None = None
    """Width and height of the frame in pixels."""
    fps: float = 0.0
    """Frames per second at present."""
    recording: str = ""
    """The file that is being recorded; empty for none."""
    recorded: float = 0.0
    """Its length so far, in seconds."""
    saving: str = ""
    """The file that is being finished; empty for none."""
    saved: tuple[str, ...] = ()
    """The last files written, the oldest first."""
    kept: int = 0
    """Number of files written in all."""
    problem: str = ""
    """An error of the background thread; empty for none."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The outcome of a watched run."""

    frames: int
    seconds: float
    with_faces: int
    """Frames in which at least one face was found."""
    files: list[Path] = field(default_factory=list)
    """Snapshots and recordings, the oldest first."""


class LiveSession:
    """The current frame of a run, and its snapshots and recordings.

    The task calls `show` in one thread. Viewers may call all other methods in any thread.

    Attributes:
        manifest: Manifest of the frames, in files and in every frame that is shown.
    """

    def __init__(
        self,
        manifest: Manifest,
        folder: Path,
        *,
        rate: Fraction | None,
        total: int | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up a session without a frame.

        Args:
            manifest: The manifest of the frames.
            folder: Folder of snapshots and recordings; made when needed.
            rate: Frames per second that the camera claims; None if recordings are
                refused because the frames are written to a file anyway.
            total: Number of frames in all, if known.
            now: Returns the time in seconds, for the speed.
        """
        self.manifest = manifest
        self._folder, self._rate, self._total, self._now = folder, rate, total, now
        self._lock, self._naming, self._changing = (threading.Lock() for _ in range(3))
        self._view: View | None = None
        self._recording: Recording | None = None
        self._saving = ""
        self._saved: list[Path] = []
        self._problem = ""
        self._with_faces = 0
        self._ticks: deque[float] = deque(maxlen=240)

    def __enter__(self) -> LiveSession:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish a recording."""
        with contextlib.suppress(FacewrightError):  # it is in the state
            self.stop_recording()

    def show(self, image: Image, faces: int | None, seconds: float) -> View:
        """Show a frame.

        Args:
            image: (height, width, 3); must not be changed afterwards.
            faces: Number of faces found in it; None if unknown.
            seconds: Time from the first frame.

        Returns:
            The view of the frame.
        """
        with self._lock:
            number = self._view.number + 1 if self._view else 1
            self._view = view = View(image, faces, number, seconds)
            self._with_faces += bool(faces)
            self._ticks.append(self._now())
            while len(self._ticks) > 2 and self._ticks[-1] - self._ticks[0] > _GLANCE:
                self._ticks.popleft()
            recording = self._recording
        if recording:
            recording.take(image, seconds)
            if recording.failure:
                with contextlib.suppress(FacewrightError):  # it is in the state
                    self.stop_recording()
        return view

    def render(self, view: View) -> bytes:
        """Return a frame as a JPEG with its manifest, for a page.

        Args:
            view: The frame.
        """
        manifest = date(self.manifest, view.seconds)
        return render_image(view.image, ".jpg", manifest, quality=_QUALITY)

    def take_snapshot(self) -> Path:
        """Write the current frame to a file.

        Returns:
            The PNG.

        Raises:
            InputError: There is no frame yet.
            FileError: It cannot be written.
        """
        view = self._get_view()
        with self._naming:  # two must not get the same name
            path = number_file(self._folder, "snapshot", ".png")
            publish_image(view.image, path, date(self.manifest, view.seconds))
        with self._lock:
            self._saved.append(path)
        return path

    def start_recording(self) -> Path:
        """Record all frames from the current one.

        Returns:
            The MP4 that will be written; that of the active recording, if there is one.

        Raises:
            InputError: There is no frame yet, or recordings are refused.
        """
        if self._rate is None:
            raise InputError("the frames are written to a file already")
        with self._changing, self._lock:
            view = self._get_view()
            if self._recording is None:
                path = number_file(self._folder, "recording", ".mp4")
                self._recording = Recording(path, self.manifest, self._rate, view.seconds)
                self._recording.take(view.image, view.seconds)
                self._problem = ""
            return self._recording.path

    def stop_recording(self) -> Path | None:
        """End the recording, and wait until it is written.

        Returns:
            The MP4; None if there was no recording.

        Raises:
            FileError: It could not be written.
        """
        with self._changing:
            with self._lock:
                recording, self._recording = self._recording, None
                self._saving = str(recording.path) if recording else ""
            if recording is None:
                return None
            recording.finish()
            with self._lock:
                self._saving = ""
                if recording.failure is None:
                    self._saved.append(recording.path)
                    return recording.path
                self._problem = str(recording.failure)
            raise FileError(self._problem, hint="free some space, or name another folder with -o")

    def describe(self) -> State:
        """Return the progress of the run."""
        with self._lock:
            view, recording = self._view, self._recording
            state = State(
                title=self.manifest.task,
                folder=str(self._folder),
                records=self._rate is not None,
                total=self._total,
                saving=self._saving,
                saved=tuple(str(path) for path in self._saved[-_LISTED:]),
                kept=len(self._saved),
                problem=self._problem,
            )
            speed = self._measure_speed()
        if view is None:
            return state
        size = view.image.shape[1], view.image.shape[0]
        state = replace(state, frame=view.number, faces=view.faces, size=size, fps=speed)
        if recording is None:
            return state
        length = max(0.0, round(view.seconds - recording.begin, 1))
        return replace(state, recording=str(recording.path), recorded=length)

    def report(self) -> Watched:
        """Return the outcome of the run."""
        with self._lock:
            number, seconds = (self._view.number, self._view.seconds) if self._view else (0, 0.0)
            return Watched(number, seconds, self._with_faces, list(self._saved))

    def _get_view(self) -> View:
        """Return the current frame; raise InputError if there is none."""
        if self._view is None:
            raise InputError("nothing is shown yet", hint="wait for the first frame")
        return self._view

    def _measure_speed(self) -> float:
        """Return the recent number of frames per second."""
        passed = self._ticks[-1] - self._ticks[0] if self._ticks else 0.0
        return round((len(self._ticks) - 1) / passed, 1) if passed > 0 else 0.0
