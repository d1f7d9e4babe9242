import numpy as np
import pytest

from facewright.errors import InputError
from facewright.media.drawing.matrix import draw_matrix
from facewright.media.drawing.timeline import Lane, draw_timeline

COLOURS = {"happy": (250, 196, 40), "sad": (66, 132, 214)}


def lane(times, shares):
    return Lane("face 1", np.array(times, float), np.array(shares, np.float32))


def count(image, colour):
    return int((image == colour).all(axis=2).sum())


def test_areas_are_as_large_as_shares_are():
    times = np.arange(0, 4, 0.1)
    drawn = draw_timeline([lane(times, [[0.75, 0.25]] * len(times))], COLOURS, seconds=4)
    assert count(drawn, COLOURS["happy"]) / count(drawn, COLOURS["sad"]) == pytest.approx(3, 0.1)


def test_gaps_stay_empty():
    times = np.concatenate([np.arange(0, 1, 0.1), np.arange(3, 4, 0.1)])
    whole, half = (
        draw_timeline([lane(t, [[1.0, 0.0]] * len(t))], COLOURS, seconds=4)
        for t in (np.arange(0, 4, 0.1), times)
    )
    parts = count(half, COLOURS["happy"]) / count(whole, COLOURS["happy"])
    assert parts == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("seconds", [0.04, 1.0, 90.0, 7200.0])
def test_any_length_is_drawn(seconds):
    drawn = draw_timeline([lane([0.0], [[0.5, 0.5]])], COLOURS, seconds=seconds)
    assert drawn.shape[1] == 1256


def test_a_clip_without_faces_says_so():
    assert draw_timeline([], COLOURS, seconds=2, empty="no face").shape[1] == 1256


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="cannot be drawn"):
        draw_timeline([], COLOURS, seconds=0)
    with pytest.raises(InputError, match="not as many"):
        draw_timeline([lane([0.0], [[1.0]])], COLOURS, seconds=1)


def test_a_matrix_is_darker_where_more_are():
    drawn = draw_matrix(np.array([[9, 1], [5, 5]]), ("a", "b"), title="two")
    assert drawn.ndim == 3
    with pytest.raises(InputError, match="do not fit"):
        draw_matrix(np.zeros((2, 3), np.int64), ("a", "b"))
