import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.faces.geometry.matrices import make_similarity, transform_points
from facewright.faces.geometry.topology import (
    CANONICAL,
    LEFT_BROW,
    LEFT_EYE,
    MIRROR,
    OVAL,
    five_points,
)
from facewright.faces.masks import (
    REGIONS,
    draw_face_mask,
    draw_region_mask,
    fade_border,
    measure_face,
    soften_inside,
    soften_outside,
)

SHAPE = (90, 80)
MESH = transform_points(CANONICAL, make_similarity(28, 39.5 + 45j))
TURNED = (CANONICAL @ [[0.1, 0, -0.99], [0, 1, 0], [0.99, 0, 0.1]]).astype(np.float32)  # in profile


def at(mask, points):
    """The values of a mask at the nearest pixels."""
    x, y = np.rint(points[:, :2]).astype(int).T
    return mask[y, x]


def enclosed(loop):
    """The area within points in order (k, 2 or 3)."""
    x, y = loop[:, 0], loop[:, 1]
    return abs((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2


def test_mask_covers_as_much_as_the_oval_encloses():
    mask = draw_face_mask(MESH, SHAPE)
    assert (mask.shape, mask.dtype) == (SHAPE, np.float32)
    assert mask.sum() == pytest.approx(enclosed(MESH[OVAL]), rel=0.02)
    assert (at(mask, five_points(MESH)) == 1).all()


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_mask_follows_the_face_by_fractions_of_a_pixel(x, y):
    moved = MESH + np.array([x, y, 0], np.float32)
    mask = draw_face_mask(moved, (200, 200))
    rows, columns = np.mgrid[:200, :200]
    whole = mask.sum()
    still = draw_face_mask(MESH + np.array([40, 40, 0], np.float32), (200, 200))
    if moved.min(0)[:2].min() > 1:
        centre = [(mask * axis).sum() / whole for axis in (columns, rows)]
        start = [(still * axis).sum() / still.sum() - 40 for axis in (columns, rows)]
        np.testing.assert_allclose(np.subtract(centre, start), (x, y), atol=0.1)


def test_mask_of_a_symmetric_face_is_symmetric():
    mask = draw_face_mask(MESH, SHAPE, feather=0.2, holes=["brows"])
    np.testing.assert_allclose(mask, mask[:, ::-1], atol=0.2)  # a quarter pixel at the edges
    assert np.abs(mask - mask[:, ::-1]).mean() < 0.005


def test_forehead_is_left_out_from_the_brows_up():
    whole, below = (draw_face_mask(MESH, SHAPE, forehead=forehead) for forehead in (True, False))
    assert (below <= whole).all()
    brows = MESH[np.concatenate([LEFT_BROW, MIRROR[LEFT_BROW]])]
    np.testing.assert_array_equal(below[: int(brows[:, 1].min())], 0)
    eyes = int(five_points(MESH)[0, 1])
    np.testing.assert_array_equal(below[eyes:], whole[eyes:])
    inner = MESH[LEFT_BROW, 0].max()
    between = below[int(brows[:, 1].max()) : eyes, int(inner) : int(80 - inner)]
    assert (between == 1).all()


@pytest.mark.parametrize("name", sorted(REGIONS))
def test_hole_is_where_its_region_is(name):
    region = draw_region_mask(MESH, SHAPE, name)
    mask = draw_face_mask(MESH, SHAPE, holes=[name])
    np.testing.assert_allclose(mask + region, draw_face_mask(MESH, SHAPE), atol=1e-6)
    loops = sum(enclosed(MESH[loop]) for loop in REGIONS[name])
    assert region.sum() == pytest.approx(loops, rel=0.2, abs=8)  # thin at this size
    assert region.any()


def test_nose_of_a_profile_belongs_to_the_face():
    profile = transform_points(TURNED, make_similarity(28, 39.5 + 45j))
    tip = profile[4, 0]
    columns = np.flatnonzero(draw_face_mask(profile, SHAPE).any(0))
    assert min(abs(tip - columns.min()), abs(tip - columns.max())) < 1


@pytest.mark.parametrize("width", [1.0, 6.0, 24.0])
def test_soft_edge_lies_inside_and_has_its_width(width):
    half = np.zeros((100, 100), np.float32)
    half[:, 30:] = 1
    row = soften_inside(half, width)[50]
    assert (row[:30] == 0).all()
    assert (np.diff(row) >= 0).all()
    assert row[min(99, 30 + int(np.ceil(width)))] > 0.99
    if width > 2:
        assert row[29 + round(width / 2)] == pytest.approx(0.5, abs=0.15)
    np.testing.assert_array_equal(soften_inside(half, 0), half)


@given(st.floats(0, 1))
def test_feather_only_takes_away(feather):
    hard, soft = (draw_face_mask(MESH, SHAPE, holes=["eyes"], feather=f) for f in (0, feather))
    assert 0 <= soft.min() <= soft.max() <= 1
    assert (soft[hard == 0] == 0).all()
    assert (soft - hard).max() < 0.55  # where only a part of a pixel is inside
    eye = draw_region_mask(MESH, SHAPE, "left eye")
    assert (soft[eye == 1] == 0).all()


def test_mask_fades_at_the_border_of_its_crop():
    faded = fade_border(np.ones((40, 60), np.float32), 8)
    edges = [faded[0], faded[-1], faded[:, 0], faded[:, -1]]
    assert all((edge == 0).all() for edge in edges)
    assert (faded[8:-8, 8:-8] == 1).all()
    assert faded.dtype == np.float32


def test_face_outside_the_picture_is_an_empty_mask():
    assert not draw_face_mask(MESH + np.float32(500), SHAPE).any()
    assert draw_face_mask(MESH + np.float32(-40), SHAPE)[0, 0] == 1


def test_large_mask_is_the_small_one_enlarged():
    large = draw_face_mask(transform_points(MESH, make_similarity(20, 9.5 + 9.5j)), (1800, 1600))
    blocks = large.reshape(90, 20, 80, 20).mean((1, 3))
    assert np.abs(blocks - draw_face_mask(MESH, SHAPE)).max() < 0.3
    assert np.abs(blocks - draw_face_mask(MESH, SHAPE)).mean() < 0.01


def test_size_of_a_face_stays_when_it_turns():
    turned = transform_points(TURNED, make_similarity(28j, 0j))
    assert measure_face(MESH) == pytest.approx(28, rel=0.05)
    assert measure_face(turned) == pytest.approx(28, rel=0.05)


def test_unknown_region_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="`ears`") as error:
        draw_face_mask(MESH, SHAPE, holes=["ears"])
    assert "eyes" in error.value.hint
    with pytest.raises(InputError, match="`ears`"):
        draw_region_mask(MESH, SHAPE, "ears")


def test_mesh_that_cannot_be_drawn_is_refused():
    with pytest.raises(InputError, match=r"\(5, 3\)"):
        draw_face_mask(five_points(MESH), SHAPE)
    with pytest.raises(InputError, match="must be numbers"):
        draw_region_mask(MESH * np.float32(np.nan), SHAPE, "eyes")


def test_eyes_are_within_their_outline():
    eye = draw_region_mask(MESH, SHAPE, "left eye")
    assert (at(eye, MESH[LEFT_EYE].mean(0)[None]) == 1).all()
    assert eye[:, 40:].sum() == 0


def test_outside_of_a_mask_it_fades_as_far_as_asked():
    mask = np.zeros((40, 40), np.float32)
    mask[15:25, 15:25] = 1
    soft = soften_outside(mask, 8)
    assert (soft[15:25, 15:25] == 1).all()
    row = soft[20, 24:34]
    assert (np.diff(row) <= 0).all()
    assert row[4] == pytest.approx(0.5, abs=0.02)
    assert row[-1] == 0
    for same in (np.zeros((4, 4), np.float32), np.ones((4, 4), np.float32)):
        assert (soften_outside(same, 8) == same).all()
