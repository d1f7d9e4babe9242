"""Draw what was read onto a picture, and how it changed over a clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from facewright.expressions.classifier import EXPRESSIONS, describe_scores
from facewright.expressions.reader import NamedFace
from facewright.media.drawing.marks import Colour, Mark, draw_marks
from facewright.media.drawing.panels import Panel, draw_panels, draw_strip
from facewright.media.drawing.timeline import Lane, draw_timeline
from facewright.types import Image

COLOURS: Mapping[str, Colour] = dict(
    zip(
        EXPRESSIONS,
        (
            *((230, 72, 60), (120, 168, 60), (158, 110, 214), (250, 196, 40)),
            *((66, 132, 214), (242, 138, 46), (150, 154, 162)),
        ),
        strict=True,
    )
)
"""Expression → its colour in bars and timelines."""

TIMELINE = "expressions timeline"
"""Task in the manifest of a timeline."""

NO_FACE = "no face"
"""Text on a picture or frame without a face."""

_PLAIN: Colour = (235, 235, 238)
_MOST_LANES = 12  # a timeline of more would be taller than people look at


def label_picture(
    image: Image,
    faces: Sequence[NamedFace],
    *,
    note: str = "",
    widen: bool = False,
    strip: int = 0,
) -> Image:
    """Draw bars beside each face, or the words "no face".

    Args:
        image: (height, width, 3).
        faces: The faces; those that are lost at the moment are left out.
        note: A line at the top left; empty for none.
        widen: Whether the picture may be extended to the right if there is no room beside a face.
        strip: Width in pixels of a strip to add at the right for all bars; 0 adds none.

    Returns:
        (height, width, 3), a new picture.
    """
    seen = [face for face in faces if face.seen]
    words = note or ("" if seen else NO_FACE)
    corner = np.array([6, -1, 6 + image.shape[1] / 3, 4], np.float32)
    marks = [Mark(corner, words, _PLAIN, frame=False)] if words else []
    several = len(seen) > 1
    for face in seen:
        colour = COLOURS[face.expression]
        named = f"{face.number}   {face.expression}" if several else face.expression
        marks.append(Mark(face.face.box, named, colour))
    drawn = draw_marks(image, marks)
    panels = [Panel(face.face.box, describe_scores(face.probabilities), COLOURS) for face in seen]
    if strip:
        return draw_strip(drawn, panels, strip)
    return draw_panels(drawn, panels, widen=widen) if panels else drawn


class History:
    """The expressions over a clip, for its timeline."""

    def __init__(self) -> None:
        self._times: dict[int, list[float]] = {}
        self._shares: dict[int, list[np.ndarray]] = {}
        self._end = 0.0

    def add(self, faces: Sequence[NamedFace], seconds: float) -> None:
        """Record a frame; `seconds` is its time."""
        self._end = max(self._end, seconds)
        for face in faces:
            if face.seen:
                self._times.setdefault(face.number, []).append(seconds)
                self._shares.setdefault(face.number, []).append(face.probabilities)

    @property
    def people(self) -> int:
        """Number of tracked faces."""
        return len(self._times)

    def sum_up(self) -> dict[str, float]:
        """Return expression → its mean probability over all recorded faces."""
        rows = [row for shares in self._shares.values() for row in shares]
        return describe_scores(np.mean(rows, axis=0)) if rows else {}

    def draw(self) -> Image:
        """Draw a lane for each face, or for those seen longest if there are many."""
        longest = sorted(self._times, key=lambda number: -len(self._times[number]))
        lanes = [
            Lane(f"face {n}", np.array(self._times[n]), np.array(self._shares[n], np.float32))
            for n in sorted(longest[:_MOST_LANES])
        ]
        seconds = max(self._end, 1e-3)
        return draw_timeline(lanes, COLOURS, seconds=seconds, empty=NO_FACE)
