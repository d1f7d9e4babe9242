"""Marks show where things are, on any ground."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.media.drawing.marks import PALETTE, Mark, draw_marks, list_edges, pick_colour

BOX = np.array([20, 30, 79, 89], np.float32)
GROUNDS = [0, 60, 128, 200, 255]


def ground(level=128, size=(120, 140)):
    return np.full((*size, 3), level, np.uint8)


def changed(before, after):
    """Return which pixels differ."""
    return (before != after).any(axis=2)


def test_nothing_to_draw_leaves_a_copy():
    image = ground()
    drawn = draw_marks(image, [])
    assert np.array_equal(drawn, image)
    assert not np.shares_memory(drawn, image)


@pytest.mark.parametrize("level", GROUNDS)
def test_a_box_shows_on_any_ground_and_spares_its_inside(level):
    image = ground(level)
    drawn = draw_marks(image, [Mark(BOX)])
    assert (drawn[30, 20:80] == PALETTE[0]).all()
    assert (drawn[30:90, 79] == PALETTE[0]).all()
    hit = changed(image, drawn)
    assert not hit[35:85, 25:75].any()
    assert not hit[:26].any()
    contrast = np.abs(drawn[hit].astype(int) - level).max(axis=1)
    assert contrast.max() > 100


def test_a_dot_lies_centred_on_its_point():
    image = ground()
    mark = Mark(BOX, frame=False, points=np.array([[50, 40, 0]], np.float32))
    rows, columns = np.nonzero(changed(image, draw_marks(image, [mark])))
    assert (rows.mean(), columns.mean()) == (40, 50)
    half = Mark(BOX, frame=False, points=np.array([[50.5, 40.5, 0]], np.float32))
    weights = np.abs(draw_marks(image, [half]).astype(float) - 128).sum(axis=2)
    places = np.indices(weights.shape)
    centre = (places * weights).sum(axis=(1, 2)) / weights.sum()
    assert centre == pytest.approx([40.5, 50.5], abs=0.1)


def test_lines_of_a_small_face_are_thinner_than_a_pixel():
    lines = np.array([[[10, 20], [110, 20]]], np.float32)
    image = ground(0)
    small, large = (
        draw_marks(image, [Mark(BOX * scale, frame=False, lines=lines)]) for scale in (0.2, 12)
    )
    assert 0 < small.max() < 200
    assert changed(image, large).sum() > changed(image, small).sum()
    assert large.max() > small.max()


@pytest.mark.parametrize("level", GROUNDS)
def test_a_label_is_dark_on_light_above_the_box(level):
    image = ground(level)
    drawn = draw_marks(image, [Mark(BOX, "1  0.99", frame=False)])
    rows, columns = np.nonzero(changed(image, drawn))
    assert rows.max() < 30
    assert columns.min() >= 20
    tag = drawn[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert tag.mean(axis=2).min() < 60
    assert (tag == PALETTE[0]).all(axis=2).mean() > 0.5


@pytest.mark.parametrize(
    "box", [[0, 0, 139, 119], [-40, -9, 60, 60], [100, 80, 300, 300], [-30, -30, -5, -5]]
)
def test_labels_stay_in_the_picture(box):
    mark = Mark(np.array(box, np.float32), "person 1", frame=False)
    drawn = draw_marks(ground(), [mark])
    free = draw_marks(ground(), [Mark(np.array([20, 60, 60, 100], np.float32), "person 1")])
    assert (drawn == PALETTE[0]).all(axis=2).sum() > 0.5 * (free == PALETTE[0]).all(axis=2).sum()


def test_the_first_mark_is_uppermost():
    marks = [Mark(BOX, colour=(255, 0, 0)), Mark(BOX, colour=(0, 0, 255))]
    assert tuple(draw_marks(ground(), marks)[30, 50]) == (255, 0, 0)


@given(
    box=st.lists(st.floats(-1e7, 1e7, width=32), min_size=4, max_size=4),
    points=st.lists(st.tuples(*[st.floats(-1e7, 1e7, width=32)] * 3), max_size=6),
)
def test_any_finite_mark_can_be_drawn(box, points):
    array = np.array(points, np.float32).reshape(-1, 3)
    lines = np.stack([array[:, :2], array[::-1, :2]], axis=1)
    mark = Mark(np.array(box, np.float32), "7", points=array, lines=lines)
    assert draw_marks(ground(size=(16, 18)), [mark]).shape == (16, 18, 3)


@pytest.mark.parametrize(
    "mark",
    [
        Mark(np.zeros(3, np.float32)),
        Mark(BOX, points=np.zeros(5, np.float32)),
        Mark(BOX, lines=np.zeros((4, 2), np.float32)),
        Mark(np.array([0, 0, np.nan, 9], np.float32)),
    ],
)
def test_what_is_no_mark_is_refused(mark):
    with pytest.raises(InputError, match="a mark has"):
        draw_marks(ground(), [mark])


def test_colours_begin_again():
    assert pick_colour(1) == PALETTE[0]
    assert pick_colour(len(PALETTE) + 1) == PALETTE[0]
    assert len(set(PALETTE)) == len(PALETTE)


def test_each_edge_is_listed_once():
    triangles = np.array([[0, 1, 2], [2, 1, 3]], np.int32)
    assert len(list_edges(triangles)) == 5
