import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from facewright.errors import InputError
from facewright.faces.align import align, cut, paste, paste_change
from facewright.faces.geometry.matrices import invert_matrix, make_similarity, transform_points
from facewright.faces.templates import TEMPLATES, fit_template
from facewright.types import Crop

ASTRONAUT = astronaut()
POINTS = np.array(  # five points of her face
    [
        [203.2, 101.2, 2.9],
        [245.5, 103.6, 2.7],
        [223.7, 123.4, -23],
        [202.1, 138.2, 4.9],
        [243.8, 140.1, 5.3],
    ],
    np.float32,
)
GREY = np.full((90, 120, 3), 128, np.uint8)


def natural_size(template):
    """The size at which a crop of her face is as large as in the picture."""
    return round(1 / float(np.hypot(*fit_template(POINTS, template)[:, 0])))


def disc(size, share=0.35):
    """A mask: a disc in the middle."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return (np.hypot(x, y) < share * size).astype(np.float32)


def touched(crop, mask, shape):
    """Which pixels of a picture have one of the mask's within reach."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    pixels = np.stack([x, y], -1).astype(np.float32)
    at = transform_points(pixels, crop.matrix)
    reach = 1 + float(np.hypot(*crop.matrix[:, 0]))
    rows, columns = np.nonzero(mask)
    low, high = (columns.min(), rows.min()), (columns.max(), rows.max())
    return ((at > np.array(low) - reach) & (at < np.array(high) + reach)).all(-1)


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_landmarks_lie_where_the_template_says(template):
    crop = align(ASTRONAUT, POINTS, template=template, size=100)
    placed = transform_points(POINTS, crop.matrix)[:, :2]
    wanted = TEMPLATES[template].points * 100 - 0.5
    assert np.abs(placed - wanted).mean() < 3
    assert (crop.image.shape, crop.template) == ((100, 100, 3), template)


@pytest.mark.parametrize("size", [40, 150, 400])
def test_matrix_says_where_each_pixel_was(size):
    y, x = np.mgrid[:512, :512] // 2  # 0 to 255
    where = np.stack([x, y, x], -1).astype(np.uint8)
    crop = align(where, POINTS, template="tight", size=size)
    pixels = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).astype(np.float32)
    came_from = transform_points(pixels, invert_matrix(crop.matrix))
    off = crop.image[..., :2] - (came_from - 0.5) / 2
    assert np.abs(off.mean((0, 1))).max() < 0.06
    assert np.abs(off).max() < 1.2


def test_mirrored_picture_gives_the_mirrored_crop():
    mirrored = np.ascontiguousarray(ASTRONAUT[:, ::-1])
    points = POINTS[[1, 0, 2, 4, 3]] * (-1, 1, 1) + (511, 0, 0)
    for template in ("ffhq", "tight"):
        crop = align(ASTRONAUT, POINTS, template=template, size=96).image[:, ::-1]
        other = align(mirrored, points.astype(np.float32), template=template, size=96).image
        assert np.abs(crop.astype(int) - other).mean() < 0.35


def test_enlarged_picture_gives_the_same_crop():
    twice = ASTRONAUT.repeat(2, 0).repeat(2, 1)
    points = transform_points(POINTS, make_similarity(2, 0.5 + 0.5j))
    crop = align(ASTRONAUT, POINTS, template="tight", size=64)
    other = align(twice, points, template="tight", size=64)
    assert np.abs(crop.image.astype(int) - other.image).mean() < 1.5
    np.testing.assert_allclose(
        transform_points(POINTS, crop.matrix)[:, :2],
        transform_points(points, other.matrix)[:, :2],
        atol=1e-4,
    )


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("share", [1, 1.3, 2.2])
def test_paste_undoes_align(template, share):
    size = round(share * natural_size(template))
    crop = align(ASTRONAUT, POINTS, template=template, size=size)
    mask = disc(size)
    pasted = paste(ASTRONAUT, crop, mask)
    off = np.abs(pasted.astype(int) - ASTRONAUT)
    inside = touched(crop, mask, ASTRONAUT.shape)
    assert off[~inside].max() == 0
    weights = np.abs(paste(ASTRONAUT * 0, Crop(crop.image | 255, crop.matrix, template), mask))
    assert off[weights[..., 0] > 0].mean() <= 1  # of 255


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("size", [33, 300])
def test_unchanged_crop_changes_nothing(template, size):
    crop = align(ASTRONAUT, POINTS, template=template, size=size)
    np.testing.assert_array_equal(paste_change(ASTRONAUT, crop, crop.image), ASTRONAUT)


def test_change_keeps_the_detail_that_the_crop_lost():
    crop = align(ASTRONAUT, POINTS, template="tight", size=32)
    brighter = crop.image + np.minimum(20, 255 - crop.image)
    mask = disc(32)
    kept = paste_change(ASTRONAUT, crop, brighter, mask).astype(int) - ASTRONAUT
    lost = paste(ASTRONAUT, Crop(brighter, crop.matrix, "tight"), mask).astype(int) - ASTRONAUT
    changed = kept[..., 0] > 15
    assert changed.sum() > 3000
    assert kept[changed].std() < 3 < lost[changed].std()


@given(
    st.floats(0.02, 3), st.floats(-3, 3), st.floats(-80, 200), st.floats(-80, 170),
    st.integers(2, 40),
)  # fmt: skip
def test_nothing_changes_outside_the_mask(scale, angle, x, y, size):
    turn = scale * np.exp(1j * angle) / 40
    crop = cut(
        GREY, make_similarity(turn, 0.5 + 0.5j - turn * complex(x, y)), template="", size=size
    )
    white = Crop(np.full_like(crop.image, 255), crop.matrix, "")
    mask = disc(size, 0.3)
    mask[size // 2, size // 2] = 1
    outside = ~touched(crop, mask, GREY.shape)
    assert (paste(GREY, white, mask)[outside] == 128).all()
    assert (paste_change(GREY, crop, white.image, mask)[outside] == 128).all()
    assert (paste(GREY, white, mask * 0) == 128).all()


@given(st.floats(0.02, 3), st.floats(-3, 3), st.floats(-80, 200), st.floats(-80, 170))
def test_one_colour_stays_that_colour(scale, angle, x, y):
    turn = scale * np.exp(1j * angle) / 40
    crop = cut(GREY, make_similarity(turn, 0.5 + 0.5j - turn * complex(x, y)), template="", size=24)
    assert (crop.image == 128).all()  # what lies outside included
    assert (paste(GREY, crop) == 128).all()


def test_crop_of_whole_pixels_holds_the_pixels_themselves():
    part = make_similarity(1 / 64, (0.5 - 200 + 0.5j - 90j) / 64)
    crop = cut(ASTRONAUT, part, template="", size=64)
    np.testing.assert_array_equal(crop.image, ASTRONAUT[90:154, 200:264])
    crop.image[:] = 7
    pasted = paste(ASTRONAUT, crop)
    assert (pasted[90:154, 200:264] == 7).all()
    assert (pasted != ASTRONAUT).any(-1).sum() <= 64 * 64


def test_outside_the_picture_the_crop_is_its_soft_reflection():
    edge = POINTS - (195, 70, 0)  # her left eye near the corner
    image = np.ascontiguousarray(ASTRONAUT[70:200, 195:300])
    crop = align(image, edge.astype(np.float32), template="ffhq", size=128).image.astype(float)
    inside = align(ASTRONAUT, POINTS, template="ffhq", size=128).image
    assert np.abs(crop[64:80, 60:80] - inside[64:80, 60:80]).mean() < 0.5
    rough = np.abs(np.diff(crop, axis=1)).mean((1, 2))
    assert rough[:20].mean() < 0.4 * rough[60:90].mean()
    assert crop[:20].min() > 20  # no black border


def test_crop_that_is_far_outside_is_still_a_picture():
    far = make_similarity(1 / 50, 90 + 90j)
    crop = cut(ASTRONAUT, far, template="", size=20)
    assert crop.image.shape == (20, 20, 3)
    np.testing.assert_array_equal(paste(ASTRONAUT, crop), ASTRONAUT)


def test_picture_is_not_changed_in_place():
    before = ASTRONAUT.copy()
    crop = align(ASTRONAUT, POINTS)
    crop.image[:] = 0
    pasted = paste(ASTRONAUT, crop)
    paste_change(ASTRONAUT, crop, crop.image + 9)
    np.testing.assert_array_equal(ASTRONAUT, before)
    assert (pasted != before).any()


@pytest.mark.parametrize("size", [0, -3, 20_000])
def test_size_out_of_range_is_refused(size):
    with pytest.raises(InputError, match=f"not {size}"):
        align(ASTRONAUT, POINTS, size=size)


def test_mask_of_another_size_is_refused():
    crop = align(ASTRONAUT, POINTS, size=32)
    with pytest.raises(InputError, match=r"\(32, 32\), not \(31, 31\)"):
        paste(ASTRONAUT, crop, disc(31))


def test_edit_of_another_size_is_refused():
    crop = align(ASTRONAUT, POINTS, size=32)
    with pytest.raises(InputError, match="the edited picture"):
        paste_change(ASTRONAUT, crop, ASTRONAUT)
