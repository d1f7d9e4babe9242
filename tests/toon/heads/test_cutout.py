"""The head is cut out with its hair, without neck and wall."""

import cv2
import numpy as np

from facewright.toon.heads.upright import SIDE, turn_upright


def bring_upright(person, area):
    """Move an area of the picture into the square of the head."""
    shown = np.dstack([area.astype(np.uint8) * 255] * 3)
    return turn_upright(np.ascontiguousarray(shown), person.points).image[..., 0] > 127


def test_what_is_cut_out_is_the_head(person, drawable):
    wanted = bring_upright(person, person.head)
    found = drawable.head.alpha > 0.5
    assert (found & wanted).sum() / (found | wanted).sum() > 0.95


def test_nothing_of_the_wall_is_left_along_the_edge(drawable):
    seen = (drawable.head.alpha > 0.1) & (drawable.head.alpha < 0.9)
    blue = drawable.head.image[seen].astype(int)
    assert (blue[:, 2] > blue[:, 0] + 20).mean() < 0.02  # the wall is blue, hair and skin are not


def test_hair_is_told_from_skin(drawable):
    hair, face = drawable.head.hair > 0.5, drawable.head.image
    assert hair.sum() > 0.1 * (drawable.head.alpha > 0.5).sum()
    dark = face[hair & (drawable.head.alpha > 0.9)].mean()
    assert dark < 90


def test_the_jaw_is_a_clean_edge_without_neck(drawable):
    chin = int(drawable.head.points[152, 1])
    assert not (drawable.head.alpha[chin + 12 :] > 0.05).any()
    assert drawable.head.alpha.shape == (SIDE, SIDE)
    rim = cv2.Laplacian(drawable.head.alpha, cv2.CV_32F)
    assert np.isfinite(rim).all()
