"""Find faces and their meshes: the two networks together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.device import pick_dtype
from facewright.errors import InputError
from facewright.faces.detection.detector import (
    SMALLEST,
    Detector,
    detect_faces,
    find_smallest,
    load_detector,
)
from facewright.faces.detection.landmarks import MeshNetwork, load_mesh, place_meshes
from facewright.faces.geometry.topology import five_points
from facewright.types import Bundle, Face, Image

_PRESENT = 0.3
_SUSPICION, _MANY = 0.1, 8
"""The detector's score from which on the mesh network is asked; and of what scores less than twice
as much, how many of the best in a picture."""
_PRIOR, _SUREST = -7.25, 9.0
"""What is added to the logits of both networks where neither is sure, and the most that the mesh
network's counts: what the detector takes for a face is none unless the other is very sure of it."""
_SAME = 0.5
_SMALL, _TINY = 64, 0.75 * SMALLEST
"""Pixels of a face up to which there may be others that one look does not see; and of the smallest
one that counts."""
_DOUBT, _CLEAR = 0.99, 0.98
"""Upright, the mesh network is surer than the first of nearly every face; where it is not, the face
may be turned, and the start that is surest counts if it is surer than the second."""
_TURNING = 0.3  # the detector's score from which on
_TURNS = (60.0, -60.0, 120.0, -120.0, 180.0)
"""Degrees: within 40 of the right one, the mesh network finds how a face is turned."""


class FaceDetector(Protocol):
    """What finds faces, and follows them: `MeshFaceDetector`, or what stands in for it."""

    def find(
        self, images: Sequence[Image], *, smallest: float | None = None, threshold: float = 0.4
    ) -> list[list[Face]]:
        """Return the faces of each picture, the largest first, with 478 points each."""
        ...

    def follow(self, images: Sequence[Image], faces: Sequence[Sequence[Face]]) -> list[list[Face]]:
        """Return the faces of each picture, looked for only near where others were."""
        ...


@dataclass(frozen=True, slots=True)
class MeshFaceDetector:
    """A detector and a mesh network."""

    detector: Detector
    mesh: MeshNetwork

    def find(
        self,
        images: Sequence[Image],
        *,
        smallest: float | None = None,
        threshold: float = 0.4,
    ) -> list[list[Face]]:
        """Find the faces in pictures, with their meshes.

        Args:
            images: Of any sizes; those of one size are computed together.
            smallest: Pixels of the smallest face to look for, as `detect_faces` takes it. With
                None, a picture in which no face is larger than 64 pixels is looked at once more,
                at twice the size.
            threshold: The least score, from 0 to 1.

        Returns:
            For each picture its faces, the largest first, with 478 points each; the box is that
            of the mesh, and the score what the detector and the mesh network think together. No
            face is an empty list.

        Raises:
            InputError: An argument is invalid.
        """
        if not 0 < threshold < 1:
            raise InputError(
                f"a threshold of {threshold} is not between 0 and 1", hint="such as 0.5"
            )
        results = self._find(images, smallest, threshold)
        for number, image in enumerate(images):
            if smallest is None and all(_measure(face) <= _SMALL for face in results[number]):
                (others,) = self._find([image], find_smallest(image) / 2, threshold)
                results[number] = _add(results[number], others)
        return results

    def _find(
        self, images: Sequence[Image], smallest: float | None, threshold: float
    ) -> list[list[Face]]:
        """Find the faces in pictures, with their meshes, in one search."""
        found = [
            _leave_out_faint(faces)
            for faces in detect_faces(
                self.detector, images, smallest=smallest, threshold=_SUSPICION
            )
        ]
        rough = self._place(images, found, turning=_TURNING)
        fine = self._place(  # nearer to what the network knows: upright, in the middle
            images, [[face for face, _ in mine] for mine in rough]
        )
        scored = [
            [replace(face, score=join_scores(face.score, sure)) for face, sure in mine]
            for mine in fine
        ]
        return [[face for face in mine if face.score >= threshold] for mine in scored]

    def follow(self, images: Sequence[Image], faces: Sequence[Sequence[Face]]) -> list[list[Face]]:
        """Place meshes anew on faces whose places are roughly known.

        On a clip, the faces of one frame may stand in for a detection in the next.

        Args:
            images: n pictures.
            faces: For each, faces with 5 or 478 points.

        Returns:
            For each picture its faces, the largest first; those that are not there are left out,
            and of two in one place the surer one stays.

        Raises:
            InputError: There are not as many lists of faces as pictures.
        """
        if len(images) != len(faces):
            raise InputError(f"{len(images)} pictures do not fit {len(faces)} lists of faces")
        return [[face for face, _ in mine] for mine in self._place(images, faces)]

    def _place(
        self,
        images: Sequence[Image],
        faces: Sequence[Sequence[Face]],
        *,
        turning: float | None = None,
    ) -> list[list[tuple[Face, float]]]:
        """Place meshes anew; each comes with how sure the mesh network is of it.

        Args:
            images: n pictures.
            faces: For each, faces with 5 or 478 points.
            turning: Faces from this score on are tried in all turns where the network is not sure.
        """
        every = [image for image, mine in zip(images, faces, strict=True) for _ in mine]
        flat = [face for mine in faces for face in mine]
        meshes, presence = place_meshes(self.mesh, every, [_five(face) for face in flat])
        for number, face in enumerate(flat):
            if turning is not None and face.score >= turning and presence[number] < _DOUBT:
                turned, sure = self._try_turns(every[number], face)
                if sure >= _CLEAR:
                    meshes[number], presence[number] = turned, sure
        results, first = [], 0
        for mine in faces:
            last = first + len(mine)
            results.append(_join(mine, meshes[first:last], presence[first:last]))
            first = last
        return results

    def _try_turns(self, image: Image, face: Face) -> tuple[NDArray[np.float32], float]:
        """Return the surest mesh of those that begin with a face turned, after two looks each."""
        starts = [turn_points(_five(face), degrees) for degrees in _TURNS]
        images = [image] * len(starts)
        meshes, _ = place_meshes(self.mesh, images, starts)
        meshes, presence = place_meshes(self.mesh, images, [five_points(mesh) for mesh in meshes])
        best = int(presence.argmax())
        return meshes[best], float(presence[best])


def load_face_detector(
    detector: Bundle, mesh: Bundle, device: torch.device | str = "cpu"
) -> MeshFaceDetector:
    """Build what finds faces.

    Args:
        detector: Weights of the kind "finder".
        mesh: Weights of the kind "mesh".
        device: Where to put them.

    Raises:
        WeightsError: The weights are of another kind, or damaged.
    """
    face_detector = load_detector(detector, device)
    return MeshFaceDetector(
        face_detector.to(pick_dtype(torch.device(device))), load_mesh(mesh, device)
    )


def join_scores(detected: float, present: float) -> float:
    """Return how sure both networks together are of a face, 0 to 1.

    Args:
        detected: The detector's score, 0 to 1.
        present: The presence that the mesh network sees at its second look, 0 to 1.
    """
    logits = [math.log(max(p, 1e-7) / max(1 - p, 1e-7)) for p in (detected, present)]
    return 1 / (1 + math.exp(-(logits[0] + min(logits[1], _SUREST) + _PRIOR)))


def _leave_out_faint(faces: Sequence[Face]) -> list[Face]:
    """Return what the detector sees without the faintest, where there are many."""
    faint = sorted(face.score for face in faces if face.score < 2 * _SUSPICION)
    least = faint[-_MANY] if len(faint) > _MANY else 0.0
    return [face for face in faces if face.score >= least]


def turn_points(points: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    """Turn points in the picture about their middle, clockwise as seen.

    Args:
        points: (n, 3), pixels; z stays.
        degrees: By how much.
    """
    angle, middle = np.radians(degrees), points[:, :2].mean(0)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = points.copy()
    turned[:, :2] = (points[:, :2] - middle) @ turn + middle
    return turned


def _five(face: Face) -> NDArray[np.float32]:
    """Return the five points of a face that has five, or a mesh."""
    return face.points if len(face.points) == 5 else five_points(face.points)


def _join(
    faces: Sequence[Face], meshes: NDArray[np.float32], presence: NDArray[np.float32]
) -> list[tuple[Face, float]]:
    """Return the faces of one picture with their meshes, the largest first."""
    order = sorted(range(len(faces)), key=lambda number: -faces[number].score)
    kept: list[tuple[Face, float]] = []
    for number in order:
        points = meshes[number]
        box = np.concatenate([points[:, :2].min(0), points[:, :2].max(0)])
        face = Face(box, points, faces[number].score)
        if presence[number] >= _PRESENT and not any(_is_same(face, other) for other, _ in kept):
            kept.append((face, float(presence[number])))
    return sorted(kept, key=lambda pair: -float((pair[0].box[2:] - pair[0].box[:2]).prod()))


def _measure(face: Face) -> float:
    """Return the longer side of a face's box, in pixels."""
    return float((face.box[2:] - face.box[:2]).max())


def _add(faces: Sequence[Face], others: Sequence[Face]) -> list[Face]:
    """Return the faces of a picture and those of a second look that are not among them."""
    new = [
        one
        for one in others
        if _measure(one) >= _TINY and not any(_is_same(one, face) for face in faces)
    ]
    return sorted([*faces, *new], key=_measure, reverse=True)


def _is_same(a: Face, b: Face) -> bool:
    """Tell whether two boxes share more than half of the smaller one."""
    both = np.clip(np.minimum(a.box[2:], b.box[2:]) - np.maximum(a.box[:2], b.box[:2]), 0, None)
    sizes = [float((face.box[2:] - face.box[:2]).prod()) for face in (a, b)]
    return float(both.prod()) > _SAME * min(sizes)
