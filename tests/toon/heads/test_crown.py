"""What a tight picture cuts off is drawn."""

import numpy as np
import pytest

from facewright.toon.heads.crown import crown_head, is_tight
from facewright.toon.heads.upright import turn_upright

BESIDE = (slice(450, 480), slice(178, 194))  # beside the cheek, where only long hair is


def test_a_picture_that_ends_at_the_forehead_is_tight(person, tight):
    assert is_tight(turn_upright(tight.image, tight.points))
    assert not is_tight(turn_upright(person.image, person.points))


def test_a_head_is_whole_whatever_its_picture_shows(tight):
    head = crown_head(turn_upright(tight.image, tight.points))
    rows, columns = np.flatnonzero(head.alpha.any(1)), np.flatnonzero(head.alpha.any(0))
    assert 0 < rows[0] < head.points[10, 1] - 30  # hair above the forehead
    assert 0 < columns[0] < columns[-1] < len(head.alpha) - 1
    assert head.hair[rows[0] + 20].max() > 0.9


@pytest.mark.parametrize(("style", "falls"), [("long", True), ("short", False)])
def test_hair_is_as_long_as_wanted(tight, style, falls):
    head = crown_head(turn_upright(tight.image, tight.points), style)
    assert (head.alpha[BESIDE].mean() > 0.9) == falls
    assert (head.alpha[BESIDE].mean() < 0.1) == (not falls)


def test_hair_has_the_colour_of_what_is_seen_of_it(tight):
    head = crown_head(turn_upright(tight.image, tight.points))
    assert np.abs(np.median(head.image[head.hair > 0.9], axis=0) - (60, 40, 30)).max() < 35
