"""Find the faces of pictures that may become part of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from facewright.collect.preparing.choose import FacePosition, QualityLimits, check_position
from facewright.collect.preparing.measures import measure_cut_off, measure_outside
from facewright.collect.preparing.views import View, shrink_view
from facewright.faces.choose import measure_area, select_faces
from facewright.faces.detection.mesh_detector import FaceDetector
from facewright.faces.geometry.matrices import (
    Matrix,
    invert_matrix,
    join_matrices,
    measure_in_pixels,
    measure_scale,
    transform_points,
)
from facewright.faces.geometry.topology import CANONICAL, five_points
from facewright.faces.pose import estimate_pose
from facewright.faces.templates import fit_template
from facewright.types import Face

_FOUND = 16.0  # pixels between the eyes of the smallest face that is looked for
_CLEAR = 36.0  # pixels between the eyes from which on a mesh gets no better
_WORTH = 1.25  # another look is worth it at a picture that is so many times larger
_SURE = 0.4  # from which score on a face is one, unless less is asked for
_NOTEWORTHY = 0.25  # of the area of a face: smaller ones beside it are background


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which crops are wanted."""

    template: str
    size: int
    """Side in pixels."""
    limits: QualityLimits

    @property
    def shrink(self) -> float:
        """Factor by which pictures may be reduced so that large enough faces are found."""
        eyes = measure_scale(fit_template(CANONICAL, self.template)) * self.size
        return eyes / (self.limits.enlarge or np.inf) / _FOUND


@dataclass(frozen=True, slots=True)
class Candidate:
    """A face that may be cut out."""

    face: Face
    """In pixels of the whole picture."""
    others: tuple[Face, ...]
    """The other faces of that picture."""
    view: View
    """The picture, or a part of it, in which it was detected."""
    matrix: Matrix
    """2×3, from pixels of the whole picture to pixels of the crop."""
    place: FacePosition
    reason: str
    """Why it is left out; empty for a face that may stay."""


def find_candidates(
    views: Sequence[View], face_detector: FaceDetector, wanted: Wanted
) -> list[list[Candidate]]:
    """Find and choose the faces of pictures.

    Args:
        views: The pictures, detected in one batch.
        face_detector: The face detector.
        wanted: Which crops are wanted.

    Returns:
        The chosen faces of each picture, the largest first.
    """
    threshold = min(wanted.limits.score, _SURE)
    found = face_detector.find([view.image for view in views], threshold=threshold) if views else []
    candidates = []
    for view, faces in zip(views, found, strict=True):
        moved = [_move_face(face, view.to_picture) for face in faces]
        chosen = select_faces(moved, wanted.limits.faces)
        mine = [
            _weigh(face, tuple(f for f in moved if f is not face), view, wanted) for face in chosen
        ]
        candidates.append(mine)
    return candidates


def needs_another_pass(candidate: Candidate, before: View) -> bool:
    """Return whether detecting in a larger picture would improve a mesh.

    Args:
        candidate: A candidate with its present view.
        before: The view in which its mesh was placed.
    """
    larger = measure_scale(before.to_picture) / measure_scale(candidate.view.to_picture)
    return larger >= _WORTH and _measure_eyes(candidate) < larger * _CLEAR


def detect_again(
    candidates: Sequence[Candidate], face_detector: FaceDetector, wanted: Wanted
) -> list[Candidate]:
    """Detect the points of faces again, in larger views.

    Args:
        candidates: With views that hold the surroundings of one crop each.
        face_detector: The face detector.
        wanted: Which crops are wanted.

    Returns:
        Each candidate with new points; the old one where the face is not found again.
    """
    views = [shrink_view(c.view, _measure_eyes(c) / (_WORTH * _CLEAR)) for c in candidates]
    found = face_detector.find([view.image for view in views], threshold=_SURE) if views else []
    again = []
    for candidate, view, faces in zip(candidates, views, found, strict=True):
        moved = [_move_face(face, view.to_picture) for face in faces]
        same = [face for face in moved if _measure_distance(face, candidate.face) < 1]
        if not same:
            again.append(candidate)
            continue
        nearest = min(same, key=lambda face: _measure_distance(face, candidate.face))
        face = replace(nearest, score=candidate.face.score)
        again.append(_weigh(face, candidate.others, candidate.view, wanted))
    return again


def _weigh(face: Face, others: tuple[Face, ...], view: View, wanted: Wanted) -> Candidate:
    """Measure what can be known about a face without its pixels."""
    unit = fit_template(face.points, wanted.template)
    matrix = join_matrices(unit, measure_in_pixels(wanted.size))
    near = [f for f in others if measure_area(f) >= _NOTEWORTHY * measure_area(face)]
    centres = np.array([f.points[:, :2].mean(0) for f in near], np.float32).reshape(-1, 2)
    inside = np.abs(transform_points(centres, unit) - 0.5).max(axis=1, initial=0) < 0.5
    place = FacePosition(
        score=face.score,
        scale=measure_scale(matrix),
        outside=measure_outside(matrix, wanted.size, view.size),
        cut_off=measure_cut_off(face.points, view.size),
        beside=int(inside.sum()),
        company=len(near),
        pose=estimate_pose(face.points),
    )
    return Candidate(face, others, view, matrix, place, check_position(place, wanted.limits))


def _move_face(face: Face, matrix: Matrix) -> Face:
    """Return a face in other pixels."""
    box = transform_points(face.box.reshape(2, 2), matrix).reshape(4)
    return Face(box, transform_points(face.points, matrix), face.score)


def _measure_eyes(candidate: Candidate) -> float:
    """Return the distance between the eyes or to the mouth, in pixels of the view; the larger."""
    five = five_points(
        transform_points(candidate.face.points, invert_matrix(candidate.view.to_picture))
    )
    down = five[3:, :2].mean(0) - five[:2, :2].mean(0)
    return max(float(np.linalg.norm(five[1, :2] - five[0, :2])), float(np.linalg.norm(down)))


def _measure_distance(one: Face, other: Face) -> float:
    """Return how far two faces are apart, in parts of half the size of the second."""
    half = np.sqrt(max(measure_area(other), 1)) / 2
    return float(np.linalg.norm(one.points[:, :2].mean(0) - other.points[:, :2].mean(0)) / half)
