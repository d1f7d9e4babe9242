"""Draw the faces of one frame after the other as characters, steady over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from facewright.errors import InputError
from facewright.faces.tracking.follow import FaceFollower
from facewright.faces.tracking.track import TrackedFace
from facewright.toon.cartoon import (
    Cartoonist,
    cut_face,
    draw_character,
    enlarge_drawing,
    find_latents,
    paste_character,
)
from facewright.types import Face, Image

_GREY = 128


@dataclass(frozen=True, slots=True)
class ClipOptions:
    """How characters are drawn in frames."""

    refine: int = 0
    """How often the latents of each frame are refined."""
    truncation_psi: float = 1.0
    """Truncation of the latents, as `find_latents` takes it."""
    temporal_smoothing: float = 0.2
    """Over how many seconds latents are smoothed; 0 is not at all."""
    portrait: int | None = None
    """Width and height of the character as a picture of its own; None puts it into the frame."""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: One is invalid.
        """
        if not 0 <= self.temporal_smoothing < math.inf:
            raise InputError(
                f"latents are smoothed over 0 seconds or more, not {self.temporal_smoothing:g}",
                hint="0 leaves them as they are found in each frame",
            )


class LatentPath:
    """The latents of one face over time, smoothed, so that its character keeps its looks.

    An exponential filter whose memory is in seconds: the frame rate does not matter.

    Example:
        >>> path = LatentPath(temporal_smoothing=1.0)
        >>> path.follow(torch.zeros(1), time=0.0).item()
        0.0
        >>> round(path.follow(torch.ones(1), time=1.0).item(), 3)
        0.632
    """

    def __init__(self, temporal_smoothing: float) -> None:
        self._calm, self._time = temporal_smoothing, 0.0
        self._ws: torch.Tensor | None = None

    def follow(self, ws: torch.Tensor, *, time: float) -> torch.Tensor:
        """Return the smoothed latents.

        Args:
            ws: Those of the next frame, of any shape that stays.
            time: When it is shown, in seconds; rises from frame to frame.
        """
        if self._ws is None or self._calm == 0:
            self._ws = ws
        else:
            weight = 1 - math.exp(-(time - self._time) / self._calm)
            self._ws = self._ws.lerp(ws, weight)
        self._time = time
        return self._ws


@dataclass(frozen=True, slots=True)
class _Shot:
    """A frame on its way."""

    image: Image
    time: float
    faces: list[TrackedFace]
    """Those that become characters."""
    found: dict[int, torch.Tensor] = field(default_factory=dict)
    """Number of a face → its latents, where they were found in this frame."""


class ClipCartoonist:
    """Draws characters frame after frame, in memory that does not grow with them.

    Attributes:
        faces: Those of the last frame that became characters.
    """

    def __init__(
        self,
        cartoonist: Cartoonist,
        follower: FaceFollower,
        options: ClipOptions | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Prepare to draw.

        Args:
            cartoonist: What draws.
            follower: What finds and follows the faces.
            options: How.
            progress: Called with how far the search for the latents of each face is.
        """
        self.faces: tuple[Face, ...] = ()
        self._progress = progress
        self._cartoonist, self._follower = cartoonist, follower
        self._options = options or ClipOptions()
        self._paths: dict[int, LatentPath] = {}  # number of a face → its latents
        self._keys: dict[int, tuple[float, torch.Tensor]] = {}  # the last that were drawn
        self._shown: Image | None = None  # the last portrait

    @property
    def latest(self) -> int:
        """How many characters it drew in the last frame."""
        return len(self.faces)

    def hint(self, image: Image, otherwise: str) -> str:
        """Return a hint for a picture without a face, as `FaceFollower.hint` does."""
        return self._follower.hint(image, otherwise)

    def draw(self, image: Image, *, time: float) -> Image:
        """Draw the characters of the next frame.

        Args:
            image: (height, width, 3).
            time: When it is shown, in seconds; rises from frame to frame.

        Returns:
            A picture of the same size, the frame itself if it shows no face; or a portrait, the one
            before if there is no face, grey if there was none.

        Raises:
            InputError: Several faces are there and none is chosen, or time does not rise.
        """
        shot = self._look(image, time)
        self._find(shot, shot.faces)
        return self._show(shot, shot.found)

    def draw_stream(
        self, frames: Iterator[tuple[Image, float]], *, every: int
    ) -> Iterator[tuple[Image, int]]:
        """Draw all frames of a clip, with latents found in every so many-th of them.

        Faces are followed in each frame, so that characters sit on them. Where a face comes into
        view and in the last frame, its latents are found, too; between, they go in straight lines.

        Args:
            frames: (height, width, 3), each with when it is shown, in seconds.
            every: 1 finds latents in all frames; as many wait in memory.

        Yields:
            What `draw` returns for each, and how many characters it shows.

        Raises:
            InputError: As `draw`.
        """
        waiting: list[_Shot] = []
        for number, (image, time) in enumerate(frames):
            waiting.append(shot := self._look(image, time))
            is_key = number % every == 0
            self._find(shot, shot.faces if is_key else self._list_new(shot))
            if is_key:
                yield from self._fill(waiting)
                waiting.clear()
        if waiting:
            self._find(waiting[-1], waiting[-1].faces)
            yield from self._fill(waiting)

    def _look(self, image: Image, time: float) -> _Shot:
        """Find the faces of the next frame, and forget those that are gone."""
        chosen = self._follower.follow(image, time=time)
        here = self._follower.here
        self._paths = {number: path for number, path in self._paths.items() if number in here}
        return _Shot(image, time, chosen if self._options.portrait is None else chosen[:1])

    def _list_new(self, shot: _Shot) -> list[TrackedFace]:
        """Return the faces of a frame whose latents were never found."""
        return [one for one in shot.faces if one.number not in self._paths]

    def _find(self, shot: _Shot, faces: list[TrackedFace]) -> None:
        """Find the latents of some faces of a frame, as their paths have them."""
        how = self._options
        for one in faces:
            if one.number in shot.found:
                continue
            crop = cut_face(self._cartoonist, shot.image, one.face.points)
            ws = find_latents(
                self._cartoonist,
                crop,
                steps=how.refine,
                truncation_psi=how.truncation_psi,
                progress=self._progress,
            )
            path = self._paths.setdefault(one.number, LatentPath(how.temporal_smoothing))
            shot.found[one.number] = path.follow(ws, time=shot.time)

    def _fill(self, shots: list[_Shot]) -> Iterator[tuple[Image, int]]:
        """Draw frames of which at least the last one has latents."""
        for place, shot in enumerate(shots):
            ws = {one.number: self._place(one.number, shots[place:]) for one in shot.faces}
            yield self._show(shot, ws), self.latest
        self._keys = {number: key for number, key in self._keys.items() if number in self._paths}

    def _place(self, number: int, shots: list[_Shot]) -> torch.Tensor:
        """Return the latents of a face in the first of some frames."""
        shot = next((one for one in shots if number in one.found), None)
        if shot is None:  # it goes out of view before they are found again
            return self._keys[number][1]
        time, ws = shots[0].time, shot.found[number]
        if shot is shots[0]:
            self._keys[number] = time, ws
            return ws
        begin, before = self._keys[number]
        return before.lerp(ws, (time - begin) / (shot.time - begin))

    def _show(self, shot: _Shot, ws: dict[int, torch.Tensor]) -> Image:
        """Draw the characters of a frame, given the latents of each."""
        self.faces = tuple(one.face for one in shot.faces)
        if self._options.portrait is not None:
            return self._show_portrait(shot, ws, self._options.portrait)
        result = shot.image
        for one in shot.faces:
            crop = cut_face(self._cartoonist, shot.image, one.face.points)
            drawn = draw_character(self._cartoonist, ws[one.number])
            result = paste_character(result, one.face.points, crop, drawn)
        return result

    def _show_portrait(self, shot: _Shot, ws: dict[int, torch.Tensor], size: int) -> Image:
        """Draw the face of a frame as a picture of its own."""
        for one in shot.faces:
            self._shown = enlarge_drawing(draw_character(self._cartoonist, ws[one.number]), size)
        if self._shown is None:
            return np.full((size, size, 3), _GREY, np.uint8)
        return self._shown
