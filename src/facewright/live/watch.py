"""Process a camera frame by frame, and show the results live."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Protocol, TypeAlias

from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.live.options import ShowOptions
from facewright.live.session import LiveSession, View, Watched
from facewright.training.stop import StopSignal
from facewright.types import Clip, Image

Effect: TypeAlias = Callable[[Image, float], tuple[Image, int]]
"""Processes a frame, given its time in seconds from the first; returns a new picture and the number
of faces found."""

_NOTICE = "Ending. Press Ctrl-C again to end at once."


class Viewer(Protocol):
    """Displays frames."""

    @property
    def closed(self) -> bool:
        """Whether the view was closed."""
        ...

    def show(self, view: View) -> None:
        """Show a frame, without waiting for viewers."""
        ...


OpenViewer: TypeAlias = Callable[[LiveSession, ShowOptions], AbstractContextManager[Viewer]]
"""Opens a viewer of a session. The interface that runs a command passes one to commands with a
parameter `viewer`, as it passes `progress`."""


def watch_live(
    clip: Clip,
    effect: Effect,
    live: LiveSession,
    viewer: OpenViewer,
    options: ShowOptions,
    progress: Progress | None = None,
) -> Watched:
    """Process each frame of a camera and show the result, until the viewer is closed.

    It ends with the clip, when the viewer is closed, or with Ctrl-C; an active recording is then
    finished. Memory does not grow with the length.

    Args:
        clip: From `media.camera.open_camera`; its frames are consumed.
        effect: Processes each frame.
        live: The session.
        viewer: Opens a viewer of the session.
        options: Options of the view.
        progress: Called with the number of frames so far, and 0, since the total is unknown.

    Returns:
        The outcome.

    Raises:
        InputError: An option is invalid, the port is taken, or the camera fails.
    """
    with (
        _freeing(clip.frames),
        StopSignal(_NOTICE) as stop,
        viewer(live, options) as shown,
        live,  # ends first, so that the viewer can tell that it does
    ):
        for image, seconds in _time(clip):
            made, faces = effect(image, seconds)
            view = live.show(made, faces, seconds)
            shown.show(view)
            if progress:
                progress(view.number, 0)
            if stop.requested or shown.closed:
                break
    return live.report()


def show_along(
    clip: Clip, live: LiveSession, viewer: Viewer, count_faces: Callable[[], int]
) -> Clip:
    """Show the frames of a clip while they are consumed elsewhere, such as by a file.

    Args:
        clip: The clip.
        live: The session.
        viewer: The viewer; closing it does not end the clip.
        count_faces: Returns the number of faces found in the last frame.

    Returns:
        The same clip.
    """

    def frames() -> Iterator[Image]:
        for number, image in enumerate(clip.frames):
            viewer.show(live.show(image, count_faces(), float(number / clip.rate)))
            yield image

    return replace(clip, frames=frames())


def show_nobody(_live: LiveSession, _options: ShowOptions) -> AbstractContextManager[Viewer]:
    """Raise: the viewer of calls that pass none.

    Raises:
        InputError: Always.
    """
    raise InputError(
        "nothing is there that could show frames",
        hint="pass a viewer, such as facewright.cli.live.open_page",
    )


def _time(clip: Clip) -> Iterator[tuple[Image, float]]:
    """Yield each frame with its time in seconds from the first."""
    for number, image in enumerate(clip.frames):
        if clip.times is None or clip.tick is None:
            yield image, float(number / clip.rate)
        else:
            yield image, float(next(clip.times) * clip.tick)


@contextmanager
def _freeing(frames: Iterator[Image]) -> Iterator[None]:
    """Release the camera at the end."""
    try:
        yield
    finally:
        if isinstance(frames, Generator):
            frames.close()
