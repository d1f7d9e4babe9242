"""What is shown now, and how to keep it: between a task, which shows, and those who watch."""

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
    """How many were found; None where that is not known."""
    number: int
    """Of the frame, from 1."""
    seconds: float
    """From the first frame."""


@dataclass(frozen=True, slots=True)
class State:
    """How a run is getting on, for those who watch."""

    title: str
    folder: str
    """Where snapshots and recordings go."""
    records: bool
    """Whether recordings can be made."""
    total: int | None
    """How many frames there will be, where that is known."""
    frame: int = 0
    faces: int | None = None
    size: tuple[int, int] | None = None
    """Width and height of the frame in pixels."""
    fps: float = 0.0
    """Frames per second that are made now."""
    recording: str = ""
    """The file that is being written, if one is."""
    recorded: float = 0.0
    """Its length so far, in seconds."""
    saving: str = ""
    """The file that is being finished, if one is."""
    saved: tuple[str, ...] = ()
    """The last files that were written, the oldest first."""
    kept: int = 0
    """How many files were written in all."""
    problem: str = ""
    """What went wrong in the background."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What became of a run that was watched."""

    frames: int
    seconds: float
    with_faces: int
    """Frames in which at least one face was found."""
    files: list[Path] = field(default_factory=list)
    """Snapshots and recordings, the oldest first."""


class LiveSession:
    """What is shown now, and how to keep it.

    The task calls `show`, one frame after the other, in one thread. Viewers call the rest, in any.

    Attributes:
        manifest: How the frames come about; in what is kept, and in every frame that is shown.
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
        """Show nothing yet.

        Args:
            manifest: How the frames come about.
            folder: Where snapshots and recordings go; made when it is needed.
            rate: Frames per second that the camera claims; None if recordings are invalid, as
                the frames are written anyway.
            total: How many frames there will be, where that is known.
            now: Tells the time in seconds, for the speed.
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
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End a recording in good order, whatever happened."""
        with contextlib.suppress(FacewrightError):  # it is in the state
            self.stop_recording()

    def show(self, image: Image, faces: int | None, seconds: float) -> View:
        """Show a frame.

        Args:
            image: (height, width, 3); nobody changes it afterwards.
            faces: How many were found in it; None where that is not known.
            seconds: From the first frame.

        Returns:
            The frame as viewers get it.
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
        """Return a frame as a JPEG that says how it came about, for a page.

        Args:
            view: What to show.
        """
        manifest = date(self.manifest, view.seconds)
        return render_image(view.image, ".jpg", manifest, quality=_QUALITY)

    def take_snapshot(self) -> Path:
        """Keep the frame that is shown now.

        Returns:
            The PNG.

        Raises:
            InputError: Nothing is shown yet.
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
        """Keep all frames from the one that is shown now.

        Returns:
            The MP4 that will be there; that of the recording that runs, if one does.

        Raises:
            InputError: Nothing is shown yet, or recordings are invalid.
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
        """End the recording, and wait until it is on the disk.

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
        """Return how the run is getting on."""
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
        """Return what became of the run."""
        with self._lock:
            number, seconds = (self._view.number, self._view.seconds) if self._view else (0, 0.0)
            return Watched(number, seconds, self._with_faces, list(self._saved))

    def _get_view(self) -> View:
        """Return what is shown now."""
        if self._view is None:
            raise InputError("nothing is shown yet", hint="wait for the first frame")
        return self._view

    def _measure_speed(self) -> float:
        """Return how many frames per second were shown lately."""
        passed = self._ticks[-1] - self._ticks[0] if self._ticks else 0.0
        return round((len(self._ticks) - 1) / passed, 1) if passed > 0 else 0.0
