"""Cut a person out of a picture: the head, and the visible part of the body."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry.matrices import invert_matrix
from facewright.toon.heads.matting import find_alpha, find_front
from facewright.toon.heads.upright import Head, frame_face
from facewright.toon.shapes import Floats
from facewright.types import Image

_Area = NDArray[np.bool_]

PARTS = ("head", "mask", "crop", "person", "person-mask")
"""Cut-outs of a photo; the last two have its size."""

_COARSE, _FINE = 256, 1024  # pixels of the longer side on which areas, and edges, are found
_WIDE = 2.24  # of a face: everything is measured in parts of its width
_EYES = (33, 263)  # their outer corners in the mesh
_ROUNDS = (3, 2)  # of GrabCut: on what is sure, and on the picture
_EDGE = 2  # pixels of the grid on both sides of an edge that are open


def cut_person(image: Image, points: Floats, head: Head) -> tuple[Image, Floats]:
    """Cut a person out of a picture.

    GrabCut (Rother, Kolmogorov and Blake 2004) fits the colours of the person to the head, the neck
    and the middle of the chest, those of the background to both sides of the head, and iterates;
    matting finds the edge.

    Args:
        image: (height, width, 3).
        points: (478, 3), the mesh of the face in pixels.
        head: From `cut_head`.

    Returns:
        The colours, extended beyond the edge, (height, width, 3), and the alpha, (height, width),
        0 to 1.
    """
    high, wide = image.shape[:2]
    scale = min(1.0, _FINE / max(high, wide))
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    fine = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    back = np.asarray(invert_matrix(frame_face(points)), np.float64) * scale
    known = cv2.warpAffine(head.alpha, back, size, flags=cv2.INTER_LINEAR)
    area = _find_area(fine, points[:, :2] * np.float32(scale), np.asarray(known, np.float32))
    alpha = find_alpha(fine, _open_edge(area, size))
    alpha = np.asarray(cv2.resize(alpha, (wide, high), interpolation=cv2.INTER_LINEAR), np.float32)
    return find_front(image, alpha), alpha


@dataclass(frozen=True, slots=True)
class _Guess:
    """The initial segmentation of a picture by its geometry alone, (h, w) each."""

    front: _Area
    """Certainly the person."""
    back: _Area
    """Certainly the background."""
    likely: _Area
    """Probably the person."""


def _find_area(image: Image, points: Floats, head: Floats) -> _Area:
    """Segment a person from the background on a coarse grid, (h, w)."""
    high, wide = head.shape
    scale = min(1.0, _COARSE / max(high, wide))
    size = (max(8, round(wide * scale)), max(8, round(high * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    coarse = np.asarray(cv2.resize(head, size, interpolation=cv2.INTER_AREA), np.float32)
    guess = _guess((points + np.float32(0.5)) * np.float32(scale), coarse)
    found = guess.front | _grab(small, guess)
    _, labels = cv2.connectedComponents(found.astype(np.uint8))
    found &= np.isin(labels, np.unique(labels[guess.front]))
    rims, _ = cv2.findContours(found.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros(found.shape, np.uint8), rims, -1, (1,), -1) > 0)


def _guess(points: Floats, head: Floats) -> _Guess:
    """Return the initial segmentation, from the position of the face alone."""
    left, right = points[:, 0].min(), points[:, 0].max()
    unit, eyes = (right - left) / _WIDE, points[list(_EYES), 1].mean()
    rows, columns = np.mgrid[: head.shape[0], : head.shape[1]].astype(np.float32)
    aside, down = np.abs(columns - (left + right) / 2) / unit, (rows - eyes) / unit
    chin = (points[:, 1].max() - eyes) / unit
    near = (aside / 1.75) ** 2 + ((down + 0.1) / 1.9) ** 2 < 1
    chest = (down > chin + 0.6) & (aside < 0.5 + 2 * np.clip(down - chin - 0.6, 0, 0.8))
    neck = (down > 0.8 * chin) & (down < chin + 0.8) & (aside < 0.4)
    front = (head > 0.95) | chest | neck
    beside = (down >= 0.55 * chin) & (down < chin + 0.2)
    back = beside & (aside > 1.6 + 3 * np.maximum(down - 0.7 * chin, 0))
    back |= (down < 0.55 * chin) & (head < 0.02) & ~near
    shoulders = (down > chin) & (aside < 0.75 + 2 * np.clip(down - chin, 0, 1.1))
    return _Guess(front, back & ~front, shoulders | (aside < 0.75) | (head > 0.05))


def _grab(image: Image, guess: _Guess) -> _Area:
    """Run GrabCut from an initial segmentation, first fitting colours to its certain parts."""
    mask = np.where(guess.likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    mask[guess.back], mask[guess.front] = cv2.GC_BGD, cv2.GC_FGD
    if not guess.back.any():  # the head fills the picture
        return np.ones_like(guess.front)
    cv2.setRNGSeed(0)  # its first guess is by chance
    whole = (0, 0, 1, 1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    sure = np.concatenate([image[guess.back], image[guess.front]])[None]
    counts = [int(guess.back.sum()), int(guess.front.sum())]
    said = np.repeat(np.array([cv2.GC_BGD, cv2.GC_FGD], np.uint8), counts)[None]
    cv2.grabCut(sure, said, whole, *models, _ROUNDS[0], cv2.GC_INIT_WITH_MASK)
    cv2.grabCut(image, mask, whole, *models, 1, cv2.GC_EVAL_FREEZE_MODEL)
    cv2.grabCut(image, mask, whole, *models, _ROUNDS[1], cv2.GC_EVAL)
    found = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(found, (0, 0), 1.2) > 0.5)


def _open_edge(area: _Area, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a trimap of an area: 255 inside, 0 outside, 128 unknown."""
    side = 2 * _EDGE + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    own = area.astype(np.uint8)
    sure = np.full(area.shape, 128, np.uint8)
    sure[cv2.erode(own, disc) > 0] = 255
    sure[cv2.dilate(own, disc) == 0] = 0
    return np.asarray(cv2.resize(sure, size, interpolation=cv2.INTER_NEAREST), np.uint8)
