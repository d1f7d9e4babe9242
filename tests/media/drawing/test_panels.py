import numpy as np
import pytest

from facewright.media.drawing.panels import Panel, draw_panels, draw_strip

SHARES = {"happy": 0.8, "sad": 0.2, "neutral": 0.0}
COLOURS = {"happy": (250, 196, 40), "sad": (66, 132, 214), "neutral": (150, 154, 162)}
GREY = np.full((240, 480, 3), 120, np.uint8)


def panel(*box):
    return Panel(np.float32(box), SHARES, COLOURS)


def changed(before, after):
    rows, columns = np.nonzero((before != after).any(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_a_panel_goes_to_the_right_and_leaves_its_box_alone():
    drawn = draw_panels(GREY, [panel(20, 40, 160, 200)])
    left, _, right, _ = changed(GREY, drawn)
    assert left > 160
    assert right < 480
    assert (drawn == COLOURS["happy"]).all(axis=2).sum() > 2 * (drawn == COLOURS["sad"]).all(
        axis=2
    ).sum()


def test_where_there_is_no_room_it_goes_to_the_left():
    _, _, right, _ = changed(GREY, draw_panels(GREY, [panel(320, 40, 470, 200)]))
    assert right < 320


def test_two_panels_do_not_cover_each_other():
    boxes = [panel(10, 40, 110, 160), panel(330, 40, 430, 160)]
    both = draw_panels(GREY, boxes)
    apart = [draw_panels(GREY, [one]) for one in boxes]
    assert (both != GREY).any(axis=2).sum() >= 0.95 * sum(
        (one != GREY).any(axis=2).sum() for one in apart
    )


def test_a_picture_may_get_wider_where_a_face_fills_it():
    small = GREY[:128, :128].copy()
    drawn = draw_panels(small, [panel(0, 0, 127, 127)], widen=True)
    assert drawn.shape[0] == 128
    assert drawn.shape[1] > 220
    np.testing.assert_array_equal(drawn[:, :128], small)
    assert draw_panels(small, [panel(0, 0, 127, 127)]).shape == small.shape


@pytest.mark.parametrize("size", [(1, 1), (9, 300), (300, 9), (40, 40)])
def test_tiny_pictures_and_boxes_far_outside_are_drawn(size):
    image = np.zeros((*size, 3), np.uint8)
    drawn = draw_panels(image, [panel(-50, -50, -20, -20), panel(0, 0, 2000, 2000)])
    assert drawn.shape == image.shape


def test_nothing_to_draw_is_a_copy():
    drawn = draw_panels(GREY, [])
    assert drawn is not GREY
    np.testing.assert_array_equal(drawn, GREY)


def test_a_strip_leaves_the_picture_alone():
    drawn = draw_strip(GREY, [panel(20, 40, 160, 200)] * 9, 200)
    assert np.array_equal(drawn[:, : GREY.shape[1]], GREY)
    assert drawn.shape == (GREY.shape[0], GREY.shape[1] + 200, 3)
    assert len(np.unique(drawn[:, GREY.shape[1] :])) > 10
    assert draw_strip(GREY, [], 40).shape[1] == GREY.shape[1] + 40
