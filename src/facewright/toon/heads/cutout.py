"""Cut a head with its hair out of a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facewright.faces.geometry.topology import OVAL
from facewright.faces.masks import draw_face_mask
from facewright.toon.heads.matting import find_alpha, find_front
from facewright.toon.heads.upright import SIDE, Frame, Head, Upright
from facewright.toon.shapes import Floats, cover, smooth_loop
from facewright.types import Image

_Area = NDArray[np.bool_]
_Models = tuple[NDArray[np.float64], NDArray[np.float64]]  # of the back and the front

_COARSE = 4  # areas are found on a grid so many times coarser
_ROUNDS = 6  # of GrabCut
_EARS = 0.6  # how far below the eyes the ears reach, as `Frame` counts
_CHEEKS = 0.35  # below the eyes
_TEMPLES = 0.3  # below the eyes: above, hair is no question
_FALLS = 0.5  # of the place beside an ear
_LEAST_HAIR = 30  # pixels of the grid from which hair is learned


def cut_head(picture: Upright) -> Head:
    """Cut the head out of a picture: everything above the jaw, and hair that falls beside it.

    GrabCut (Rother, Kolmogorov and Blake 2004), initialised by the mesh, segments the person from
    the background, and hair from skin and clothes; matting finds the alpha and the colours along
    the edge.

    Args:
        picture: From `turn_upright`.
    """
    small = SIDE // _COARSE
    image = cv2.resize(picture.image, (small, small), interpolation=cv2.INTER_AREA)
    inside = cv2.resize(picture.inside.astype(np.uint8), (small, small)) > 0
    points = (picture.points + np.float32(0.5)) / np.float32(_COARSE) - np.float32(0.5)
    frame, face = Frame(points, small), draw_face_mask(points, (small, small))
    person = _find_person(np.asarray(image, np.uint8), frame, face, inside)
    hair = _find_hair(np.asarray(image, np.uint8), frame, face, person)
    free = frame.y < _EARS - 0.9 * np.maximum(np.abs(frame.x) - 1.2, 0)
    crown = person & free
    alpha = find_alpha(picture.image, _enlarge_open(person))
    front = find_front(picture.image, alpha)
    alpha = alpha * _end_at_jaw(picture.points, hair | free)
    hairy = _enlarge((hair | (crown & (face < 0.5) & (frame.y < 0.02))).astype(np.float32), 3.0)
    forehead = _enlarge((crown & (frame.y < -0.3) & (np.abs(frame.x) < 1)).astype(np.float32), 3.0)
    skin = np.maximum(draw_face_mask(picture.points, (SIDE, SIDE)), forehead)
    return Head(front, alpha, picture.points, hairy, skin, picture.detail)


def _find_person(image: Image, frame: Frame, face: Floats, inside: _Area) -> _Area:
    """Segment a person from the background, (h, w).

    Colour models are fitted above the cheeks: below, hair, neck and clothes could be either.
    """
    aside, down = np.abs(frame.x), frame.y
    mask = np.full(inside.shape, cv2.GC_PR_BGD, np.uint8)
    mask[(aside / 1.75) ** 2 + ((down + 0.1) / 1.75) ** 2 < 1] = cv2.GC_PR_FGD
    mask[(aside / 2.3) ** 2 + ((down + 0.35) / 2.1) ** 2 > 1] = cv2.GC_BGD
    mask[cv2.erode(face, np.ones((3, 3))) > 0.99] = cv2.GC_FGD
    mask[~inside] = cv2.GC_BGD
    rows = int(np.argmax(down[:, 0] > _CHEEKS))
    models = np.zeros((1, 65)), np.zeros((1, 65))
    upper = mask[:rows].copy()
    _grab(image[:rows], upper, models)
    mask[:rows] = upper
    mask[rows:][mask[rows:] == cv2.GC_BGD] = cv2.GC_PR_BGD
    mask[~inside] = cv2.GC_BGD
    found = _grab(image, mask, models, learn=False)
    return _fill_holes(_keep_largest(_round_off(found | (face > 0.5))))


def _find_hair(image: Image, frame: Frame, face: Floats, person: _Area) -> _Area:
    """Find the hair that falls beside the jaw and into the forehead, (h, w)."""
    near = cv2.dilate(face, np.ones((5, 5))) > 0
    sides = (np.abs(frame.x) > 0.8) & (frame.y < 0.3)
    upper = (face > 0.5) & ((frame.y < -0.28) | sides)
    beside = person & ~near & (frame.y >= 0)
    end = 2.0 - 0.22 * frame.x**2  # a round lower edge
    mask = np.full(person.shape, cv2.GC_BGD, np.uint8)
    mask[person & ~near & (frame.y < 0)] = cv2.GC_FGD
    mask[beside & (frame.y < 2.13)] = cv2.GC_PR_FGD
    mask[upper] = cv2.GC_PR_BGD
    mask[beside & (np.abs(frame.x) < 0.55) & (frame.y > 1.78)] = cv2.GC_PR_BGD
    if (mask == cv2.GC_FGD).sum() < _LEAST_HAIR or not (mask == cv2.GC_PR_FGD).any():
        return np.zeros_like(person)
    shown = image.copy()  # with skin in place of what says nothing here
    shown[~person | (near & (face < 0.5)) | (frame.y > 2.13)] = np.median(image[face > 0.9], axis=0)
    found = _grab(shown, mask) & (beside | upper) & (frame.y < end)
    colours = (
        np.median(image[area], axis=0) for area in (person & ~near & (frame.y < 0), face > 0.9)
    )
    found &= _find_falling(image, frame, found, *colours) | (frame.y < _TEMPLES)
    rim = person & near & (face < 0.5)
    found |= rim & (cv2.dilate(found.astype(np.uint8), _make_disc(3)) > 0) & (frame.y < end)
    hair = _keep_largest(_round_off(found | (person & (face < 0.5) & (frame.y < 0))))
    return hair & (beside | upper | rim)


def _find_falling(image: Image, frame: Frame, found: _Area, hair: Floats, skin: Floats) -> _Area:
    """Return the sides, left and right, on which hair falls: it passes outside of the ear."""
    away = [np.abs(image - colour).sum(-1) for colour in (hair, skin)]
    like = found & (away[0] < away[1])
    aside = np.abs(frame.x)
    outside = (aside > 1.15) & (aside < 1.4) & (frame.y > 0.3) & (frame.y < 0.7)
    falls = np.zeros_like(found)
    for side in (frame.x < 0, frame.x >= 0):
        if like[outside & side].mean() > _FALLS:
            falls |= side
    return falls


def _grab(
    image: Image, mask: NDArray[np.uint8], models: _Models | None = None, *, learn: bool = True
) -> _Area:
    """Run GrabCut from a mask, which is changed; models are fitted, or used as they are."""
    cv2.setRNGSeed(0)  # its first guess is by chance
    back, front = models or (np.zeros((1, 65)), np.zeros((1, 65)))
    mode = cv2.GC_INIT_WITH_MASK if learn else cv2.GC_EVAL_FREEZE_MODEL
    cv2.grabCut(image, mask, (0, 0, 1, 1), back, front, _ROUNDS if learn else 1, mode)
    return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)


def _round_off(area: _Area) -> _Area:
    """Remove single pixels and corners from an area."""
    return np.asarray(cv2.GaussianBlur(area.astype(np.float32), (0, 0), 1.5) > 0.5)


def _keep_largest(area: _Area) -> _Area:
    """Keep the largest connected part of an area."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8))
    if count < 2:
        return area
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def _fill_holes(area: _Area) -> _Area:
    """Return an area with its holes filled."""
    rims, _ = cv2.findContours(area.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(np.zeros(area.shape, np.uint8), rims, -1, (1,), -1) > 0)


def _enlarge_open(area: _Area) -> NDArray[np.uint8]:
    """Return a trimap of an area: 255 inside, 0 outside, 128 unknown."""
    disc = _make_disc(3)
    own = area.astype(np.uint8)
    sure = np.full(area.shape, 128, np.uint8)
    sure[cv2.erode(own, disc) > 0] = 255
    sure[cv2.dilate(own, disc) == 0] = 0
    return np.asarray(cv2.resize(sure, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST), np.uint8)


def _enlarge(area: Floats, soft: float) -> Floats:
    """Resize an area of the grid to the size of the picture, with a soft edge."""
    wide = cv2.resize(area, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), soft), np.float32)


def _end_at_jaw(points: Floats, free: _Area) -> Floats:
    """Return the area of the head in a person: above the jaw, and where `free` is set."""
    wide = cv2.dilate(free.astype(np.uint8), _make_disc(1)).astype(np.float32)
    ends = np.clip((_enlarge(wide, 5.0) - 0.5) * 6 + 0.5, 0, 1)
    jaw = cover(smooth_loop(points[OVAL, :2]), (SIDE, SIDE))
    return np.maximum(ends, jaw).astype(np.float32)


def _make_disc(radius: int) -> NDArray[np.uint8]:
    """Return a disc for growing and shrinking areas."""
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
