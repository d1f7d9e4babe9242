"""Hints at possible faces whose score or size is below the threshold."""

from __future__ import annotations

from collections.abc import Sequence

from facewright.faces.detection.detector import find_smallest
from facewright.faces.detection.mesh_detector import FaceDetector
from facewright.types import Face, Image

DOUBTFUL = 0.15
"""Lowest score of a possible face that is mentioned."""

_STEP = 0.05  # thresholds are named in such steps


def split_doubtful(faces: Sequence[Face], threshold: float) -> tuple[list[Face], list[Face]]:
    """Split faces into those that reach a threshold, and the others."""
    taken = [face for face in faces if face.score >= threshold]
    return taken, [face for face in faces if face.score < threshold]


def describe_doubtful(face: Face, *, threshold: float | None = None) -> str:
    """Return a sentence that says where a face may be, and which option accepts it.

    Args:
        face: The possible face.
        threshold: The threshold that was applied; None if there is no such option.

    Example:
        >>> import numpy as np
        >>> face = Face(np.array([10, 20, 90, 120], np.float32), np.zeros((5, 3), np.float32), 0.33)
        >>> describe_doubtful(face, threshold=0.4)
        'there may be a face 80 pixels wide at (10, 20), score 0.33: --threshold 0.3 takes it'
    """
    left, top, right, _ = (round(float(v)) for v in face.box)
    said = f"there may be a face {right - left} pixels wide at ({left}, {top})"
    if threshold is None:
        return f"{said}, score {face.score:.2f}: show it larger, upright and uncovered"
    if face.score < threshold:
        enough = max(int(face.score / _STEP + 1e-6) * _STEP, 0.01)
        return f"{said}, score {face.score:.2f}: --threshold {enough:.2g} takes it"
    return f"{said}: --smallest {max(round(0.75 * (right - left)), 1)} finds it"


def hint_at_face(
    face_detector: FaceDetector,
    image: Image,
    otherwise: str,
    *,
    smallest: float | None = None,
    threshold: float | None = None,
) -> str:
    """Return a hint for a picture without a face: where a fainter or smaller one may be.

    The picture is searched again, with a lower threshold and for smaller faces.

    Args:
        face_detector: The detector that found none.
        image: (height, width, 3).
        otherwise: The hint if there is no possible face either.
        smallest: Size in pixels of the smallest face that was searched; None is the default.
        threshold: The threshold that was applied; None if there is no such option.
    """
    least = min(DOUBTFUL, threshold or DOUBTFUL)
    usual = smallest or find_smallest(image)
    for size in (smallest, usual / 2):
        (faces,) = face_detector.find([image], smallest=size, threshold=least)
        if faces:
            best = max(faces, key=lambda face: face.score)
            return describe_doubtful(best, threshold=threshold)
    return otherwise
