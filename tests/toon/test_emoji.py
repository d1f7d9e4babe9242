"""Emoji are recognisably different, cleanly cut, centred, and of any size."""

import itertools

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.toon.emoji import (
    EXPRESSIONS,
    draw_emoji,
    find_window,
    lay_sheet,
    outline,
    prepare_head,
    trim,
)


@pytest.fixture(scope="module")
def pack(drawable):
    return {name: draw_emoji(drawable, name) for name in EXPRESSIONS}


def test_expressions_differ_where_72_pixels_show_it(pack):
    window = find_window(list(pack.values()))
    small = [trim(emoji, window, 72).astype(int) for emoji in pack.values()]
    for one, two in itertools.combinations(small, 2):
        assert (np.abs(one - two)[..., :3].max(-1) > 40).sum() > 60  # pixels of 72 by 72


def test_a_pack_is_centred_with_a_margin(pack):
    window = find_window(list(pack.values()))
    seen = np.maximum.reduce([trim(emoji, window, 128)[..., 3] for emoji in pack.values()]) > 8
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert abs(rows[0] + rows[-1] - 127) <= 2
    assert abs(columns[0] + columns[-1] - 127) <= 2
    assert 3 <= min(rows[0], columns[0]) <= 8


def test_scaling_mixes_no_colour_of_what_is_transparent_into_the_edge():
    emoji = np.zeros((200, 200, 4), np.uint8)
    emoji[..., :3] = (0, 255, 0)
    emoji[60:140, 60:140] = (200, 40, 40, 255)
    small = trim(emoji, (99.5, 99.5, 160.0), 31)
    seen = small[small[..., 3] > 0]
    assert np.abs(seen[:, :3].astype(int) - (200, 40, 40)).max() <= 3
    assert not small[small[..., 3] == 0].any()


def test_an_outline_is_white_and_leaves_the_head_as_it_is(pack):
    emoji = pack["neutral"]
    rimmed = outline(emoji)
    solid = emoji[..., 3] == 255
    assert (rimmed[solid] == emoji[solid]).all()
    new = (emoji[..., 3] == 0) & (rimmed[..., 3] > 0)
    assert new.sum() > 1000
    assert (rimmed[new][:, :3] == 255).all()


def test_a_sheet_has_four_in_a_row():
    cells = [np.full((8, 8, 4), number, np.uint8) for number in range(1, 8)]
    sheet = lay_sheet(cells)
    assert sheet.shape == (16, 32, 4)
    assert sheet[12, 20, 0] == 7
    assert not sheet[12, 28].any()
    assert lay_sheet(cells[:2]).shape == (8, 16, 4)


def test_a_face_at_the_border_is_refused_unless_it_was_generated(tight):
    cut = np.ascontiguousarray(tight.image[:, 45:])
    points = tight.points - np.array([45, 0, 0], np.float32)
    with pytest.raises(InputError, match="border of the picture cuts through"):
        prepare_head(cut, points)
    assert prepare_head(cut, points, generated=True).head.alpha.max() == 1


@pytest.mark.parametrize("degrees", [35, 60])
def test_a_face_that_looks_aside_is_refused(person, degrees):
    turned = person.points.copy()
    angle = np.deg2rad(degrees)
    x, z = person.points[:, 0] - 160, person.points[:, 2]
    turned[:, 0], turned[:, 2] = (
        160 + x * np.cos(angle) - z * np.sin(angle),
        x * np.sin(angle) + z * np.cos(angle),
    )
    with pytest.raises(InputError, match="turned by"):
        prepare_head(person.image, turned)


def test_an_unknown_expression_is_named(drawable):
    with pytest.raises(InputError, match="no emoji shows `bored`"):
        draw_emoji(drawable, "bored")
