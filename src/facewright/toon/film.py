"""Draw the faces of one frame after the other as characters, steady over time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from facewright.errors import InputError
from facewright.faces.frames.follow import FaceFollower
from facewright.faces.track import TrackedFace
from facewright.toon.cartoon import (
    Cartoonist,
    cut_face,
    draw_character,
    enlarge_drawing,
    find_latents,
    paste_character,
)
from facewright.types import Image

_GREY = 128


@dataclass(frozen=True, slots=True)
class FilmOptions:
    """How characters are drawn in frames."""

    refine: int = 0
    """How often the latents of each frame are refined."""
    psi: float = 1.0
    """Truncation of the latents, as `find_latents` takes it."""
    calm: float = 0.2
    """Over how many seconds latents are smoothed; 0 is not at all."""
    portrait: int | None = None
    """Width and height of the character as a picture of its own; None puts it into the frame."""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            InputError: One makes no sense.
        """
        if not 0 <= self.calm < math.inf:
            raise InputError(f"latents are smoothed over 0 seconds or more, not {self.calm:g}")


class LatentPath:
    """The latents of one face over time, smoothed, so that its character keeps its looks.

    An exponential filter whose memory is in seconds: the frame rate does not matter.

    Example:
        >>> path = LatentPath(calm=1.0)
        >>> path.follow(torch.zeros(1), time=0.0).item()
        0.0
        >>> round(path.follow(torch.ones(1), time=1.0).item(), 3)
        0.632
    """

    def __init__(self, calm: float) -> None:
        self._calm, self._time = calm, 0.0
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


class Film:
    """Draws characters frame after frame, in memory that does not grow with them.

    Attributes:
        latest: How many characters it drew in the last frame.
    """

    def __init__(
        self,
        cartoonist: Cartoonist,
        follower: FaceFollower,
        options: FilmOptions | None = None,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Prepare to draw.

        Args:
            cartoonist: What draws.
            follower: What finds and follows the faces.
            options: How.
            progress: Is told how far the search for the latents of each face is.
        """
        self.latest = 0
        self._progress = progress
        self._cartoonist, self._follower = cartoonist, follower
        self._options = options or FilmOptions()
        self._paths: dict[int, LatentPath] = {}  # number of a face → its latents
        self._shown: Image | None = None  # the last portrait

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
        chosen = self._follower.follow(image, time=time)
        here = self._follower.here
        self._paths = {number: path for number, path in self._paths.items() if number in here}
        self.latest = len(chosen)
        if self._options.portrait is not None:
            return self._draw_portrait(image, chosen, self._options.portrait, time)
        result = image
        for one in chosen:
            crop = cut_face(self._cartoonist, image, one.face.points)
            ws = self._find(image, one, time)
            drawn = draw_character(self._cartoonist, ws)
            result = paste_character(result, one.face.points, crop, drawn)
        return result

    def _draw_portrait(
        self, image: Image, chosen: list[TrackedFace], size: int, time: float
    ) -> Image:
        """Draw the first of the chosen faces as a picture of its own."""
        if chosen:
            drawn = draw_character(self._cartoonist, self._find(image, chosen[0], time))
            self._shown = enlarge_drawing(drawn, size)
        if self._shown is None:
            return np.full((size, size, 3), _GREY, np.uint8)
        return self._shown

    def _find(self, image: Image, one: TrackedFace, time: float) -> torch.Tensor:
        """Return the latents of a face, as its path has them."""
        crop = cut_face(self._cartoonist, image, one.face.points)
        how = self._options
        ws = find_latents(
            self._cartoonist, crop, steps=how.refine, psi=how.psi, progress=self._progress
        )
        path = self._paths.setdefault(one.number, LatentPath(how.calm))
        return path.follow(ws, time=time)
