"""Draw the faces of successive frames as characters, smoothed over time."""

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
    """Options of drawing characters in frames."""

    refine: int = 0
    """Optimisation steps for the latents of each frame."""
    truncation_psi: float = 1.0
    """Truncation of the latents, as `find_latents` takes it."""
    temporal_smoothing: float = 0.2
    """Time constant of the smoothing of latents in seconds; 0 is none."""
    portrait: int | None = None
    """Width and height in pixels of the character as a picture of its own; None pastes it into the
    frame."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            InputError: A value is invalid.
        """
        if not 0 <= self.temporal_smoothing < math.inf:
            raise InputError(
                f"latents are smoothed over 0 seconds or more, not {self.temporal_smoothing:g}",
                hint="0 leaves them as they are found in each frame",
            )


class LatentPath:
    """The latents of one face, smoothed over time.

    An exponential filter with a time constant in seconds, independent of the frame rate.

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
            ws: Latents of the next frame, of any fixed shape.
            time: Time of the frame in seconds, above that of the frame before.
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
    """A frame with its faces and latents."""

    image: Image
    time: float
    faces: list[TrackedFace]
    """The chosen faces."""
    found: dict[int, torch.Tensor] = field(default_factory=dict)
    """Number of a face → its latents, if they were computed for this frame."""


class ClipCartoonist:
    """Draws characters in successive frames, in constant memory.

    Attributes:
        faces: Faces of the last frame that were drawn as characters.
    """

    def __init__(
        self,
        cartoonist: Cartoonist,
        follower: FaceFollower,
        options: ClipOptions | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Set up; nothing is drawn yet.

        Args:
            cartoonist: The generators and networks that draw.
            follower: Finds and follows the faces.
            options: Options; None uses the defaults.
            progress: Called with the progress of the inversion of each face.
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
        """Number of characters in the last frame."""
        return len(self.faces)

    def hint(self, image: Image, otherwise: str) -> str:
        """Return a hint for a picture without a face, as `FaceFollower.hint` does."""
        return self._follower.hint(image, otherwise)

    def draw(self, image: Image, *, time: float) -> Image:
        """Draw the characters of the next frame.

        Args:
            image: (height, width, 3).
            time: Time of the frame in seconds, above that of the frame before.

        Returns:
            A picture of the same size, the frame itself if it shows no face; or a portrait, that of
            the frame before if there is no face, grey if there was none.

        Raises:
            InputError: There are several faces and no choice, or time does not rise.
        """
        shot = self._look(image, time)
        self._find(shot, shot.faces)
        return self._show(shot, shot.found)

    def draw_stream(
        self, frames: Iterator[tuple[Image, float]], *, every: int
    ) -> Iterator[tuple[Image, int]]:
        """Draw all frames of a clip, with latents computed in every n-th frame.

        Faces are tracked in each frame. The latents of a face are also computed in its first and in
        the last frame; in between, they are interpolated linearly.

        Args:
            frames: (height, width, 3), each with its time in seconds.
            every: n; 1 computes latents in all frames. So many frames are kept in memory.

        Yields:
            The result of `draw` for each, and its number of characters.

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
        """Find the faces of the next frame, and drop the state of those that are gone."""
        chosen = self._follower.follow(image, time=time)
        here = self._follower.here
        self._paths = {number: path for number, path in self._paths.items() if number in here}
        return _Shot(image, time, chosen if self._options.portrait is None else chosen[:1])

    def _list_new(self, shot: _Shot) -> list[TrackedFace]:
        """Return the faces of a frame without any latents yet."""
        return [one for one in shot.faces if one.number not in self._paths]

    def _find(self, shot: _Shot, faces: list[TrackedFace]) -> None:
        """Compute the latents of some faces of a frame, smoothed."""
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
        """Draw frames, of which at least the last one has latents, interpolating the others."""
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
