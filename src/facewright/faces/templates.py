"""Alignment templates: the positions of eyes, nose and mouth in an aligned crop.

| template | shows | for |
|---|---|---|
| `ffhq` | the head with some of its surroundings | generators trained on FFHQ |
| `tight` | the face from the forehead to the chin, little hair | the starter weights |
| `eyes-mouth` | as `tight`, with eyes and mouth at fixed places | generators with anchors |
| `portrait` | head, hair and shoulders | pictures for people |
| `arcface` | the face alone | networks that recognise people |
| `expression` | the face from the forehead to the chin | networks that name expressions |

`ffhq` is a construction (Karras et al. 2019, appendix A), not a set of positions: the line between
the eyes and the one from the eyes to the mouth span an upright square. All others fit landmarks to
positions in the unit square by a similarity (Umeyama 1991). With five points these are the
landmarks. With a whole mesh, `portrait` and `expression` use all its points, which holds faces that
look aside steadier: against FairFace's own crops of 5,446 faces of any pose, the corners wander by
8.3 % of the width instead of 9.7 %.

`tight` was matched to the crops on which the starter weights were trained, FairFace's own: 224
pixels, aligned by dlib's face chip with a padding of 0.25. Its places are the means over the meshes
of 9,343 of its frontal faces, made symmetric (they lie 0.5 % of the width left of the middle). With
a mesh it uses the landmarks that dlib used: the corners of the eyes and the base of the nose. Faces
vary about it (standard deviation, in parts of the crop's width): the eyes by 1.7 %, the tip of the
nose by 4.4 % across and 3.4 % along, the corners of the mouth by 3.5 %. Aligning a FairFace crop
again moves its corners by 2.9 % with a mesh and by 4.6 % with five points, on average; at any pose
by 7.1 % and 9.7 %. `recipes/finder/templates.py` measures all this.

`eyes-mouth` uses the corners of the eyes and of the mouth, so that features sit at the same pixels
in every crop. Its places are the means over 3,028 frontal faces of FairFace aligned by `tight`,
made symmetric and enlarged by 6 % about the middle, so that FairFace's crops reach its borders. The
corners of the eyes vary about their places by 0.8 % of the width, those of the mouth by 2.2 %
across and 1.4 % along (standard deviation).

`expression` frames faces as FER2013 does, from which the networks have learned: in the median of
273 of its faces on which a mesh was found, the eyes are 0.377 of the width apart and 0.385 from the
top, and the face is turned by 0.5° (standard deviation 6.4°) and larger by 1 % (16 %).
`recipes/expressions/framing.py` measures this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError
from facewright.faces.geometry.matrices import (
    Matrix,
    fit_similarity,
    make_similarity,
    transform_points,
)
from facewright.faces.geometry.topology import CANONICAL, POINTS, SKIN, Indices, five_points

_Places = NDArray[np.float64]
_EYES_MOUTH = np.array([33, 133, 362, 263, 61, 291], np.int32)  # corners of the eyes, of the mouth
_DLIB = np.array([33, 133, 362, 263, 2], np.int32)  # corners of the eyes, base of the nose
_SIX = ((33, 160, 158, 133, 153, 144), (263, 387, 385, 362, 380, 373))  # around each eye


@dataclass(frozen=True, slots=True)
class Template:
    """Positions of landmarks in an aligned crop."""

    points: _Places
    """(5, 2): the five points of a mean face, as `five_points` orders them, in the unit square."""
    landmarks: Indices
    """(k,): indices of the points of a mesh that are used; empty for the five points."""
    places: _Places
    """(k, 2): their positions in the unit square."""


def fit_template(points: NDArray[np.float32], template: str) -> Matrix:
    """Return the matrix from the pixels of a picture to the unit square of an aligned crop.

    Args:
        points: (478, 2 or 3), a mesh, or (5, 2 or 3), as `five_points` orders them; in pixels.
        template: One of `TEMPLATES`.

    Returns:
        2×3, a similarity: rotation, scale and shift.

    Raises:
        InputError: No template has this name, or these are no points of a face.
    """
    if template not in TEMPLATES:
        raise InputError(
            f"no template is called `{template}`", hint=f"one of: {', '.join(TEMPLATES)}"
        )
    if points.ndim != 2 or len(points) not in (5, POINTS) or points.shape[1] not in (2, 3):
        raise InputError(
            f"a face is aligned by points (478, 3) or (5, 3), not {points.shape}",
            hint="pass the points of one Face",
        )
    if template == "ffhq":
        return _fit_ffhq(points)
    chosen = TEMPLATES[template]
    if len(points) == POINTS and len(chosen.landmarks):
        return fit_similarity(points[chosen.landmarks], chosen.places)
    five = five_points(points) if len(points) == POINTS else points
    return fit_similarity(five, chosen.points)


def _fit_ffhq(points: NDArray[np.float32]) -> Matrix:
    """Return the matrix to the unit square by FFHQ's construction.

    It averages six points around each eye, as is done here with a mesh; among five points,
    the eyes are the middles between their corners, and the crop comes out 2 % smaller.
    """
    left, right, _, *mouth = _as_complex(points if len(points) == 5 else five_points(points))
    if len(points) == POINTS:
        left, right = (_as_complex(points[list(six)]).mean() for six in _SIX)
    eyes, across = (left + right) / 2, right - left
    down = (mouth[0] + mouth[1]) / 2 - eyes
    axis = across - 1j * down  # to the right: the mouth turned by -90° has a say
    if not np.isfinite(axis) or abs(axis) < 1e-6:
        raise InputError("the points of a face must be numbers, and not all in one place")
    half = axis / abs(axis) * max(2.0 * abs(across), 1.8 * abs(down))
    centre = eyes + 0.1 * down
    turn = 0.5 / half
    return make_similarity(turn, 0.5 + 0.5j - turn * centre)


def _as_complex(points: NDArray[np.float32]) -> NDArray[np.complex128]:
    """Return points (k, 2 or 3) as x + iy."""
    return points[:, 0].astype(np.float64) + 1j * points[:, 1]


def _place_five(places: _Places) -> Template:
    """Return a template that uses five points only."""
    return Template(places, np.empty(0, np.int32), np.empty((0, 2)))


def _place_face(eyes_apart: float, eyes_at: float) -> Template:
    """Return a template with the mean face upright in the middle.

    Args:
        eyes_apart: Distance between the eyes, relative to the width.
        eyes_at: Their distance from the top, relative to the width.
    """
    down = eyes_at - eyes_apart * float(five_points(CANONICAL)[0, 1])
    matrix = make_similarity(complex(eyes_apart), complex(0.5, down))
    mesh = transform_points(CANONICAL, matrix)[:, :2]
    five = five_points(mesh).astype(np.float64)
    return Template(five, np.arange(SKIN, dtype=np.int32), mesh[:SKIN].astype(np.float64))


def _five_of(places: _Places) -> _Places:
    """Return the five points of a mean face with the corners of eyes and mouth at (6, 2)."""
    matrix = fit_similarity(CANONICAL[_EYES_MOUTH], places)
    five = transform_points(five_points(CANONICAL), matrix)[:, :2].astype(np.float64)
    return five


_ARCFACE = np.array(  # pixels of 112, as published with InsightFace
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
_TIGHT = np.array(
    [[0.3221, 0.3118], [0.6779, 0.3118], [0.5, 0.4995], [0.3364, 0.6743], [0.6636, 0.6743]]
)
_TIGHT_DLIB = np.array(
    [[0.245, 0.3069], [0.3993, 0.3166], [0.6007, 0.3166], [0.755, 0.3069], [0.5, 0.5663]]
)
_EYES_MOUTH_PLACES = np.array(
    [
        [0.2324, 0.2943],
        [0.3943, 0.3063],
        [0.6057, 0.3063],
        [0.7676, 0.2943],
        [0.3197, 0.6743],
        [0.6803, 0.6743],
    ]
)

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "ffhq": _place_five(
            transform_points(five_points(CANONICAL), _fit_ffhq(CANONICAL))[:, :2].astype(np.float64)
        ),
        "tight": Template(_TIGHT, _DLIB, _TIGHT_DLIB),
        "eyes-mouth": Template(_five_of(_EYES_MOUTH_PLACES), _EYES_MOUTH, _EYES_MOUTH_PLACES),
        "portrait": _place_face(eyes_apart=0.18, eyes_at=0.42),
        "arcface": _place_five((_ARCFACE + 0.5) / 112),
        "expression": _place_face(eyes_apart=0.38, eyes_at=0.385),
    }
)
"""Name → positions of landmarks."""
