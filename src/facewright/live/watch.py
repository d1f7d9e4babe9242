"""Show what is made of a camera while it is made, and keep what one likes."""

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
"""Makes one frame out of another, given the seconds from the first; the result is a new picture.
Says, too, how many faces it found."""

_NOTICE = "Ending. Press Ctrl-C again to end at once."


class Viewer(Protocol):
    """Shows frames to someone."""

    @property
    def closed(self) -> bool:
        """Whether nobody wants to see more."""
        ...

    def show(self, view: View) -> None:
        """Show a frame; it never waits for those who watch."""
        ...


OpenViewer: TypeAlias = Callable[[LiveSession, ShowOptions], AbstractContextManager[Viewer]]
"""Begins to show what a session shows. A door gives one to commands that have a parameter
`viewer`, as it gives them `progress`."""


def watch_live(
    clip: Clip,
    effect: Effect,
    live: LiveSession,
    viewer: OpenViewer,
    options: ShowOptions,
    progress: Progress | None = None,
) -> Watched:
    """Make something of each frame of a camera and show it, until someone has seen enough.

    It ends with the clip, when the viewer is closed, and with Ctrl-C; a recording that runs is
    finished then. Memory does not grow with the length.

    Args:
        clip: What `media.camera.open_camera` returns; its frames are used up.
        effect: What to make of each frame.
        live: Where it is shown and kept.
        viewer: Begins to show it to someone.
        options: How it is shown.
        progress: Called with how many frames were made, of 0: nobody knows how many there will be.

    Returns:
        What became of it.

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
    """Show the frames of a clip on their way to somewhere else, such as a file.

    Args:
        clip: What is made.
        live: Where each frame is put.
        viewer: Shows it; whether it is closed makes no difference.
        count_faces: Says how many faces were found in the frame that was made last.

    Returns:
        The same clip.
    """

    def frames() -> Iterator[Image]:
        for number, image in enumerate(clip.frames):
            viewer.show(live.show(image, count_faces(), float(number / clip.rate)))
            yield image

    return replace(clip, frames=frames())


def show_nobody(_live: LiveSession, _options: ShowOptions) -> AbstractContextManager[Viewer]:
    """Refuse to show anything: what Python code gets that brings no viewer.

    Raises:
        InputError: Always.
    """
    raise InputError(
        "nothing is there that could show frames",
        hint="pass a viewer, such as facewright.cli.live.open_page",
    )


def _time(clip: Clip) -> Iterator[tuple[Image, float]]:
    """Yield each frame with the seconds from the first."""
    for number, image in enumerate(clip.frames):
        if clip.times is None or clip.tick is None:
            yield image, float(number / clip.rate)
        else:
            yield image, float(next(clip.times) * clip.tick)


@contextmanager
def _freeing(frames: Iterator[Image]) -> Iterator[None]:
    """Free the camera at the end."""
    try:
        yield
    finally:
        if isinstance(frames, Generator):
            frames.close()
