"""Make a pasted face match its surroundings."""

from __future__ import annotations

import cv2
import numpy as np

from facewright.errors import InputError
from facewright.swap.mesh.pixels import fill_gaps
from facewright.swap.mesh.raster import Floats
from facewright.types import Blend, Image

BLENDS: tuple[Blend, ...] = ("poisson", "multiband", "feather")

_STEPS = 12
_OUTLIER = 40.0
"""Differences at the rim beyond this, of 255, are hair or ground and count less."""
_BANDS = 4


def blend_face(pasted: Floats, below: Image, masks: tuple[Floats, Floats], method: Blend) -> Image:
    """Blend a face into the part of a picture that it covers.

    Args:
        pasted: (height, width, 3), the face in the right colours, 0 to 255 and somewhat beyond.
        below: (height, width, 3), the picture.
        masks: (height, width) each, 0 to 1: where the face lies, with a rim over which it fades;
            and how much of it shows there, beside what is kept of the picture.
        method: "poisson" lifts the face by a smooth field so that it meets the picture at its rim
            (a membrane, as Perez et al., "Poisson image editing", 2003); "multiband" blends broad
            features broadly and fine ones finely (Burt and Adelson, "A multiresolution spline",
            1983); "feather" mixes the two by the masks.

    Returns:
        (height, width, 3); where a mask is 0, the picture to the last bit.

    Raises:
        InputError: The method is unknown.
    """
    if method not in BLENDS:
        raise InputError(f"no blend is called `{method}`", hint=f"one of: {', '.join(BLENDS)}")
    seam, shown = masks
    if method == "multiband":
        return mix(_blend_bands(pasted, below, seam), below, shown)
    return mix(pasted, below, seam * shown)


def mix(pasted: Floats, below: Image, mask: Floats) -> Image:
    """Mix a face and a picture pixel by pixel.

    Args:
        pasted: (height, width, 3), 0 to 255 and somewhat beyond.
        below: (height, width, 3).
        mask: (height, width), 0 to 1.

    Returns:
        (height, width, 3); where the mask is 0, the picture to the last bit.
    """
    ground = below.astype(np.float32)
    share = cv2.merge([mask, mask, mask])
    apart = cv2.multiply(cv2.subtract(pasted, ground), share)
    return np.asarray(cv2.add(ground, apart, dtype=cv2.CV_8U), np.uint8)


def find_membrane(apart: Floats, rim: Floats, inside: Floats) -> Floats:
    """Return the smoothest field that agrees with differences at the rim of a face.

    Args:
        apart: (rows, columns, 3): picture minus face, small.
        rim: (rows, columns), 0 to 1: where the difference counts.
        inside: (rows, columns), 0 to 1: where the field is wanted.

    Returns:
        (rows, columns, 3).
    """
    size = np.linalg.norm(apart, axis=-1)
    trust = (rim / (1 + (size / np.float32(_OUTLIER)) ** 2)).astype(np.float32)
    field = fill_gaps(apart * trust[..., None], trust)
    known = np.clip(trust * 2, 0, 1)[..., None]
    for _ in range(_STEPS):
        near = cv2.blur(field, (3, 3), borderType=cv2.BORDER_REPLICATE)
        field = near + (apart - near) * known * np.float32(0.5)
    return field * (inside > 0)[..., None]


def _blend_bands(pasted: Floats, below: Image, mask: Floats) -> Floats:
    """Blend band by band, and leave what the mask leaves out as it was."""
    ground = below.astype(np.float32)
    there = (mask > 0).astype(np.float32)[..., None]
    apart = (pasted - ground) * there
    sizes, masks, bands = [], [mask], [apart]
    while len(bands) <= _BANDS and min(bands[-1].shape[:2]) > 8:
        sizes.append((bands[-1].shape[1], bands[-1].shape[0]))
        bands.append(np.asarray(cv2.pyrDown(bands[-1]), np.float32))
        masks.append(np.asarray(cv2.pyrDown(masks[-1]), np.float32))
        bands[-2] = bands[-2] - cv2.pyrUp(bands[-1], dstsize=sizes[-1])
    total = bands[-1] * masks[-1][..., None]
    for band, share, size in zip(bands[-2::-1], masks[-2::-1], sizes[::-1], strict=True):
        total = cv2.pyrUp(total, dstsize=size) + band * share[..., None]
    return np.asarray(ground + total * there, np.float32)
