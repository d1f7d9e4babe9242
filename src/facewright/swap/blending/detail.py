"""Give a pasted face the sharpness and the grain of the picture that it joins."""

from __future__ import annotations

import cv2
import numpy as np

from facewright.swap.mesh.raster import Floats
from facewright.types import Image

_STRONGEST = 2.4
"""How much grain is lent at most."""
_CRISPEST = 1.8
"""How much the fine detail of a source is strengthened at most."""
_GRAIN = 0.7
"""The strongest grain, in parts of the mean strength of all fine detail."""
_BESIDE = 0.06
"""From how far to the left and above grain is taken, in parts of the width of a face."""
_FINEST = 0.7
"""Standard deviation in pixels below which a blur leaves nothing to compare."""


def match_detail(pasted: Floats, below: Image, mask: Floats, coarseness: float) -> Floats:
    """Lend a face the grain that its source is too small to have, or take what is too much.

    What a source of few pixels cannot show (pores, noise) comes from the picture below, from beside
    each place. What is stronger there than grain (lines, lids, lashes) is cut to its strength: it
    belongs to whoever is covered. The source's own detail is strengthened first; then so much grain
    is lent that the finest detail is as strong as the picture's. A source that is sharper than the
    picture is softened.

    Args:
        pasted: (height, width, 3), the face in the right colours.
        below: (height, width, 3), the picture.
        mask: (height, width), 0 to 1: where the face shows.
        coarseness: Pixels of the picture for each pixel of the source.

    Returns:
        (height, width, 3).
    """
    sigma = max(0.75 * coarseness, _FINEST)
    ours = _take_fine(pasted, sigma)
    ground = below.astype(np.float32)
    theirs = _take_fine(ground, sigma)
    own, wanted = _measure(ours, mask), _measure(theirs, mask)
    if own > wanted:
        return pasted - ours * np.float32(1 - wanted / own)
    crisper = min(wanted / max(own, 1e-6), _CRISPEST)
    pasted = pasted + ours * np.float32(crisper - 1)
    grain = np.clip(_take_beside(theirs, mask), -_GRAIN * wanted, _GRAIN * wanted)
    finest = (_measure(_take_fine(one, _FINEST), mask) for one in (pasted, ground, grain))
    own, wanted, lent = finest
    share = np.sqrt(max(wanted**2 - own**2, 0)) / max(lent, 1e-6)
    return pasted + grain * np.float32(min(share, _STRONGEST))


def _take_beside(fine: Floats, mask: Floats) -> Floats:
    """Return fine detail moved a little where a face shows: no line stays where it is known."""
    step = max(1, round(_BESIDE * fine.shape[1]))
    moved = np.roll(fine, (step, step), (0, 1))
    share = np.roll(mask, (step, step), (0, 1))
    share[:step] = share[:, :step] = 0
    return fine + (moved - fine) * share[..., None]


def _take_fine(colours: Floats, sigma: float) -> Floats:
    """Return what a blur takes away."""
    height, width = colours.shape[:2]
    step = max(1.0, sigma / 1.5)
    if step < 1.5:
        return colours - cv2.GaussianBlur(colours, (0, 0), sigma)
    small = (max(2, round(width / step)), max(2, round(height / step)))
    coarse = cv2.resize(colours, small, interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), 1.2)
    return colours - cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _measure(fine: Floats, mask: Floats) -> float:
    """Return how strong detail is where a face shows, extremes left aside."""
    step = max(1, min(fine.shape[:2]) // 64)
    found = np.abs(fine[::step, ::step, 1])[mask[::step, ::step] > 0.5]
    return float(np.minimum(found, 20).mean()) if found.size else 0.0
