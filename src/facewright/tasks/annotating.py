"""Draw what was found onto a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from facewright.faces.geometry.topology import TRIANGLES, five_points
from facewright.media.drawing.marks import Mark, draw_marks, list_edges, pick_colour
from facewright.types import Face, Image

Drawn: TypeAlias = Literal["boxes", "points", "mesh", "none"]
"""What is drawn of a face; each but the last with its box, number and score."""

Numbered: TypeAlias = tuple[int, Face]

_EDGES = list_edges(TRIANGLES)  # [m 2]


def annotate(image: Image, faces: Sequence[Numbered], drawn: Drawn) -> Image:
    """Draw faces onto a copy of a picture.

    Args:
        image: (height, width, 3).
        faces: Each with its number, which chooses the colour too.
        drawn: What is drawn of each.

    Returns:
        (height, width, 3).
    """
    return draw_marks(image, [_mark(number, face, drawn) for number, face in faces])


def _mark(number: int, face: Face, drawn: Drawn) -> Mark:
    """Return what is drawn of one face."""
    lines = np.ascontiguousarray(face.points[_EDGES, :2]) if drawn == "mesh" else None
    return Mark(
        face.box,
        f"{number}   {face.score:.2f}",
        pick_colour(number),
        frame=drawn != "none",
        points=five_points(face.points) if drawn == "points" else None,
        lines=lines,
    )
