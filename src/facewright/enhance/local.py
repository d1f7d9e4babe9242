"""Enhance the faces of a picture, and leave the rest unchanged."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.enhance.chain import ChainOptions, enhance_image
from facewright.enhance.network import Enhancer
from facewright.faces.masks import draw_face_mask
from facewright.types import Face, Image, check_image

_FEATHER = 0.4  # eye distances: where a clear face passes into the rest
_AROUND = 40  # pixels around a face, so that no filter sees where its part ends


def enhance_faces(
    image: Image,
    faces: Sequence[Face],
    options: ChainOptions | None = None,
    *,
    enhancer: Enhancer | None = None,
) -> Image:
    """Enhance the faces of a picture: `enhance_image` within a soft mask of each.

    Args:
        image: (h, w, 3).
        faces: Detected faces with 478 points each.
        options: Strengths; None uses the defaults.
        enhancer: The network; the rest of the picture is enlarged by bicubic interpolation.

    Returns:
        (h · scale, w · scale, 3). Without an enhancer, nothing changes outside of the faces.

    Raises:
        InputError: A strength or the kind of smoothing is unknown.
    """
    scale = 1 if enhancer is None else enhancer.config.scale
    result = enlarge_plainly(image, scale)
    for face in faces:
        part = _find_part(face, image.shape)
        if not part:
            continue
        top, left, bottom, right = part
        small = np.ascontiguousarray(image[top:bottom, left:right])
        clear = enhance_image(small, options, enhancer=enhancer).astype(np.float32)
        points = scale_points(face.points[:, :2] - np.array([left, top], np.float32), scale)
        mask = draw_face_mask(points, clear.shape[:2], feather=_FEATHER)[..., None]  # [h w 1]
        place = result[top * scale : bottom * scale, left * scale : right * scale]
        place[:] = np.rint(place + mask * (clear - place)).astype(np.uint8)
    return result


def enlarge_plainly(image: Image, scale: int) -> Image:
    """Enlarge a picture by bicubic interpolation, the base that the network adds to.

    Args:
        image: (h, w, 3).
        scale: Integer factor.

    Returns:
        (h · scale, w · scale, 3), a copy.
    """
    height, width = check_image(image).shape[:2]
    if scale == 1:
        return image.copy()
    size = (width * scale, height * scale)
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def scale_points(points: NDArray[np.float32], scale: int) -> NDArray[np.float32]:
    """Return the points of a picture after enlarging it.

    Args:
        points: (..., 2), where (0, 0) is the centre of the first pixel.
        scale: Factor of the enlargement.
    """
    return ((points + 0.5) * scale - 0.5).astype(np.float32)


def _find_part(face: Face, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Return top, left, bottom and right of a face with a margin; None if it is outside."""
    low, high = face.points[:, :2].min(axis=0), face.points[:, :2].max(axis=0)
    if not np.isfinite([low, high]).all():
        return None
    left, top = (max(int(value) - _AROUND, 0) for value in np.clip(low, -1e6, 1e6))
    right, bottom = (int(value) + _AROUND + 1 for value in np.clip(high, -1e6, 1e6))
    right, bottom = min(right, shape[1]), min(bottom, shape[0])
    return (top, left, bottom, right) if left < right and top < bottom else None
