"""Counts are drawn as bars."""

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.media.drawing.bars import _BAR, draw_bars
from facewright.types import check_image


def blue(image):
    """Length of the bar in each row of pixels."""
    return (image == np.array(_BAR)).all(axis=2).sum(axis=1)


def test_bars_are_as_long_as_their_share():
    lengths = blue(check_image(draw_bars({"age": {"20-29": 40, "30-39": 10, "40-49": 0}})))
    longest, quarter = sorted(set(lengths[lengths > 0]), reverse=True)
    assert longest / quarter == pytest.approx(4, abs=0.1)


def test_picture_grows_with_its_rows_up_to_a_limit():
    few, more = draw_bars({"a": {"x": 1}}), draw_bars({"a": {"x": 1, "y": 2}, "b": {"z": 1}})
    assert few.shape[1] == more.shape[1] == 720
    assert few.shape[0] < more.shape[0]
    assert draw_bars({"a": {str(n): n for n in range(5000)}}).shape[0] < 12_000


def test_any_text_is_drawn():
    assert draw_bars({"": {"": 3, "名前 " * 90: 1, "a\nb": 0}}).shape[2] == 3


def test_nothing_makes_no_picture():
    with pytest.raises(InputError, match="nothing to draw"):
        draw_bars({"age": {}})
