"""Moods differ from one another, and are drawn where the face is."""

from dataclasses import fields

import numpy as np
import pytest

from facewright.toon.features.eyes import draw_eyes
from facewright.toon.features.layout import lay_out
from facewright.toon.features.lines import draw_lines
from facewright.toon.features.moods import BLINK, MOODS, REST, Mood, blend
from facewright.toon.features.mouth import draw_mouth
from facewright.toon.heads.upright import SIDE, UNIT


@pytest.fixture
def draw(drawable):
    """Draw a part of a face in a mood on plain grey."""

    def run(part, mood):
        canvas = np.full((SIDE, SIDE, 3), 128, np.float32)
        skin = [np.ones((SIDE, SIDE), np.float32)] if part is draw_lines else []
        part(canvas, drawable.layout, mood, drawable.colours, *skin)
        return canvas

    return run


def test_no_two_moods_are_the_same():
    values = [tuple(getattr(mood, f.name) for f in fields(Mood)) for mood in MOODS.values()]
    assert len(set(values)) == len(MOODS) == 7


@pytest.mark.parametrize("part", [draw_eyes, draw_mouth, draw_lines])
@pytest.mark.parametrize("name", MOODS)
def test_every_mood_is_drawn_within_the_face(draw, drawable, part, name):
    drawn = draw(part, MOODS[name])
    assert np.isfinite(drawn).all()
    rows, columns = np.nonzero(np.abs(drawn - 128).max(-1) > 1)
    low, high = drawable.head.points[:, :2].min(0), drawable.head.points[:, :2].max(0)
    assert (columns.min(), rows.min()) > (low[0] - 0.2 * UNIT, 0)
    assert columns.max() < high[0] + 0.2 * UNIT
    assert low[1] - 0.6 * UNIT < rows.min()
    assert rows.max() < high[1] + MOODS[name].jaw * UNIT


def test_an_open_mouth_is_larger_than_a_closed_one(draw):
    areas = [
        (np.abs(draw(draw_mouth, Mood(gape=gape)) - 128).max(-1) > 20).sum() for gape in (0, 0.4)
    ]
    assert areas[1] > 1.5 * areas[0]


def test_a_smile_in_the_picture_does_not_move_the_mouth_at_rest(person):
    at_rest = lay_out(person.points)
    smiling = person.points.copy()
    smiling[[61, 291], 1] -= 10
    smiling[[61, 291], 0] += np.array([-8, 8])
    moved = lay_out(smiling)
    assert np.allclose(moved.mouth, at_rest.mouth, atol=0.5)


@pytest.mark.parametrize("name", MOODS)
def test_an_expression_begins_neutral_and_ends_whole(name):
    mood = MOODS[name]
    first, half, last = (blend(mood, share) for share in (0.0, 0.5, 1.0))
    assert (first.brow_inner, first.gape, first.gaze, first.tint) == (0, 0, (0, 0), 0)
    assert last.corner == pytest.approx(mood.corner)
    assert last.gaze == pytest.approx(mood.gaze)
    assert half.upper_lid == pytest.approx((REST.upper_lid + mood.upper_lid) / 2)
    assert half.tint_from == mood.tint_from


def test_a_blink_closes_the_eyes_and_does_nothing_else():
    shut = blend(BLINK, 1.0)
    assert shut.upper_lid <= 0
    assert (shut.bow, shut.brow_middle) == (REST.bow, REST.brow_middle)
