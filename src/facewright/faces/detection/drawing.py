"""Draw detected faces onto their picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from facewright.faces.geometry.topology import TRIANGLES, five_points
from facewright.media.drawing.marks import Mark, draw_marks, list_edges, pick_colour
from facewright.types import Face, FaceDrawing, Image

Numbered: TypeAlias = tuple[int, Face]
"""A face and the number to draw beside it."""

_EDGES = list_edges(TRIANGLES)  # [m 2]


def draw_faces(image: Image, faces: Sequence[Numbered], drawn: FaceDrawing) -> Image:
    """Draw faces, each with its box, number and score.

    Args:
        image: (height, width, 3).
        faces: Each with its number, which chooses the colour too.
        drawn: What to draw besides box, number and score; "none" draws nothing at all.

    Returns:
        (height, width, 3): a new picture, or the same if nothing is drawn.
    """
    if drawn == "none":
        return image
    return draw_marks(image, [_mark(number, face, drawn) for number, face in faces])


def _mark(number: int, face: Face, drawn: FaceDrawing) -> Mark:
    """Return the marks of one face."""
    return Mark(
        face.box,
        f"{number}   {face.score:.2f}",
        pick_colour(number),
        points=five_points(face.points) if drawn == "points" else None,
        lines=np.ascontiguousarray(face.points[_EDGES, :2]) if drawn == "mesh" else None,
    )
