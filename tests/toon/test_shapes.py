"""Curves go through their points, strokes are as wide as told, and shapes fill what they cover."""

import numpy as np

from facewright.toon.shapes import (
    cover,
    fill,
    join_lines,
    make_ellipse,
    smooth_line,
    smooth_loop,
    thicken,
)

CORNERS = np.array([(2, 2), (12, 3), (11, 12), (3, 13)], np.float32)


def test_curves_go_through_their_points():
    for curve in (smooth_loop(CORNERS), smooth_line(CORNERS)):
        away = np.linalg.norm(curve[:, None] - CORNERS[None], axis=-1).min(0)
        assert away.max() < 1e-5
    assert (smooth_line(CORNERS)[[0, -1]] == CORNERS[[0, -1]]).all()


def test_a_straight_stroke_covers_its_length_times_its_width():
    line = np.array([(5, 10), (15, 10), (25, 10)], np.float32)
    covered = cover(thicken(line, [4, 4]), (20, 30))
    assert 20 * 4 <= covered.sum() <= 20 * 4 + 48  # the edge counts on both sides
    assert cover(thicken(line, [0, 4, 0]), (20, 30)).sum() < 0.8 * covered.sum()


def test_an_ellipse_has_its_area():
    covered = cover(make_ellipse((30, 20), 20, 10), (40, 60))
    around = np.pi * 30
    assert 0 <= covered.sum() - np.pi * 20 * 10 <= around


def test_two_lines_enclose_what_lies_between():
    upper = np.array([(0, 0), (5, 0)], np.float32)
    assert join_lines(upper, upper + 3).tolist() == [[0, 0], [5, 0], [8, 3], [3, 3]]


def test_fill_stays_within_an_area_and_within_the_canvas():
    canvas = np.zeros((20, 20, 3), np.float32)
    half = np.zeros((20, 20), np.float32)
    half[:, :10] = 1
    everything = np.array([(-50, -50), (90, -50), (90, 90), (-50, 90)], np.float32)
    fill(canvas, everything, (200, 100, 50), opacity=0.5, soft=2, within=half)
    assert np.allclose(canvas[:, :10], (100, 50, 25))
    assert not canvas[:, 10:].any()
    fill(canvas, everything + 500, (1, 1, 1))
    assert not canvas[:, 10:].any()
