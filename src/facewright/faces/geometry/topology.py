"""The topology of the face mesh of 478 points.

The order is that of MediaPipe's face mesh (Apache 2.0): 0..467 lie on the skin, 468..472 are the
centre and the rim of the iris on the left, 473..477 of the one on the right. Left and right are as
seen in the picture. `recipes/finder/topology.py` writes the arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facewright.errors import InputError

Indices = NDArray[np.int32]

POINTS = 478
"""Number of points of a mesh."""
SKIN = 468
"""Number of points on the skin, which come first."""


def _load() -> dict[str, NDArray[Any]]:
    """Return the arrays of the file beside this one, read-only."""
    with np.load(Path(__file__).with_name("topology.npz"), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


_ARRAYS = _load()

TRIANGLES: Indices = _ARRAYS["TRIANGLES"]
"""(852, 3): the mesh over points 0..467, eyes and mouth open; clockwise as seen in the picture."""
HOLES: Indices = _ARRAYS["HOLES"]
"""(46, 3): triangles that close both eyes and the mouth, wound like TRIANGLES."""
MIRROR: Indices = _ARRAYS["MIRROR"]
"""(478,): each point's partner; `points[MIRROR]` of a mirrored picture are in the mesh's order."""
CANONICAL: NDArray[np.float32] = _ARRAYS["CANONICAL"]
"""(478, 3): a mean frontal face, exactly symmetric about x = 0.

x runs right, y down, z away from the viewer. The mean of points 0..467 is the origin; the middles
of the eyes, as `five_points` takes them, lie one apart."""
OVAL: Indices = _ARRAYS["OVAL"]
"""(36,): around the face, from the middle of the forehead; like all loops clockwise and closed."""
LEFT_EYE: Indices = _ARRAYS["LEFT_EYE"]
"""(16,): along the lids, from the outer corner."""
RIGHT_EYE: Indices = _ARRAYS["RIGHT_EYE"]
"""(16,): along the lids, from the outer corner."""
LIPS_OUTER: Indices = _ARRAYS["LIPS_OUTER"]
"""(20,): around the lips, from the corner on the left."""
LIPS_INNER: Indices = _ARRAYS["LIPS_INNER"]
"""(20,): around the opening of the mouth, from the corner on the left."""
LEFT_BROW: Indices = _ARRAYS["LEFT_BROW"]
"""(10,): around the brow, from its outer end."""
RIGHT_BROW: Indices = _ARRAYS["RIGHT_BROW"]
"""(10,): around the brow, from its outer end."""

_NOSE = 4
_EYES = ((33, 133), (263, 362))  # corners
_MOUTH = (61, 291)


def five_points(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the five points of a mesh that detectors and templates use.

    The middle of an eye is the middle between its corners, which does not depend on gaze or lids.
    The tip of the nose is the point that stands out farthest from a frontal face.

    Args:
        points: (..., 478, 2 or 3): a mesh, or many.

    Returns:
        (..., 5, 2 or 3): left eye, right eye, tip of the nose, left and right corner of the mouth,
        as seen in the picture.

    Raises:
        InputError: There are not 478 points.
    """
    if points.ndim < 2 or points.shape[-2] != POINTS:
        raise InputError(
            f"a face mesh has points (..., {POINTS}, 2 or 3), not {points.shape}",
            hint="find faces with a mesh first",
        )
    eyes = [points[..., corners, :].mean(-2) for corners in _EYES]
    rest = [points[..., index, :] for index in (_NOSE, *_MOUTH)]
    return np.stack([*eyes, *rest], axis=-2)  # [... 5 3]
