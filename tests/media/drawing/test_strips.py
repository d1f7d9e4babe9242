"""Strips of pictures on one sheet."""

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.media.drawing.strips import draw_strips


def grey(width, height, value=128):
    return np.full((height, width, 3), value, np.uint8)


def test_strips_lie_below_their_titles_and_none_is_enlarged():
    first, second, third = grey(3000, 300), grey(90, 60), grey(90, 40, 200)
    sheet = draw_strips([("a", [first]), ("b", [second, second]), ("c", [third])])
    assert sheet.shape[1] == 1280
    assert (sheet == 128).all(axis=2).sum() == pytest.approx(1248 * 125 + 2 * 60 * 40, rel=0.02)
    assert (sheet == 200).all(axis=2).sum() == 90 * 40


def test_a_strip_without_pictures_is_refused():
    with pytest.raises(InputError, match="needs pictures"):
        draw_strips([("a", [grey(8, 8)]), ("b", [])])
    with pytest.raises(InputError, match="needs pictures"):
        draw_strips([])
