"""Faces take the shape of others."""

import cv2
import numpy as np
import pytest

from facewright.errors import InputError
from facewright.faces.geometry import topology
from facewright.swap.mesh.texture import unwrap_faces, unwrap_places
from facewright.swap.warp import make_source, warp_face


def apart(warped, image, points):
    """Return the mean difference of a warped face and a picture, well inside the face.

    What is between the lips does not count: a source has its mouth shut.
    """
    inside = cv2.resize(warped.inside, (warped.box.width, warped.box.height)) > 0.5
    inside = cv2.erode(inside.astype(np.uint8), np.ones((9, 9), np.uint8))
    corner = (warped.box.left, warped.box.top)
    mouth = np.round(points[topology.LIPS_OUTER, :2] - corner).astype(np.int32)
    inside = cv2.fillPoly(inside, [mouth], 0) > 0
    below = image[warped.box.window].astype(int)
    return np.abs(warped.colours[inside].astype(int) - below[inside]).mean()


@pytest.mark.parametrize("method", ["3d", "2d"])
def test_a_face_on_its_own_shape_stays_as_it_is(pale, method):
    image, points = pale
    warped = warp_face(make_source([pale], method=method), points, image.shape[1::-1])
    assert apart(warped, image, points) < 3


def test_a_face_larger_than_the_grid_stays_as_it_is(place, draw):
    points = place(size=600, unit=160)
    image = draw(points, size=600)
    warped = warp_face(make_source([(image, points)]), points, (600, 600))
    assert warped.inside.shape[0] < 200 < warped.box.height
    assert apart(warped, image, points) < 3


def test_features_come_to_where_the_other_has_them(pale, place, draw):
    points = place(yaw=-25)
    expected = draw(points)
    warped = warp_face(make_source([pale]), points, (160, 160))
    assert apart(warped, expected, points) < 6


def test_the_hidden_side_is_filled_from_the_one_that_shows(turned):
    texture = unwrap_faces([turned], 128)
    brow = np.round(unwrap_places(128)[[105, 334]]).astype(int)  # the middle of both brows
    left, right = (texture.colours[y, x].mean() for x, y in brow)
    assert abs(left - right) < 40
    assert texture.known[brow[:, 1], brow[:, 0]].min() > 0.5


def test_nothing_but_the_face_itself_is_unwrapped(pale):
    image, points = pale
    repainted = image.copy()
    outside = np.ones(image.shape[:2], bool)
    outside[15:145, 15:145] = False
    repainted[outside] = (0, 255, 0)
    before, after = (unwrap_faces([(picture, points)], 64) for picture in (image, repainted))
    known = before.known > 0.5
    np.testing.assert_allclose(before.colours[known], after.colours[known], atol=2)


def test_several_pictures_show_more_than_one(place, draw):
    views = [place(yaw=yaw) for yaw in (-40, 40)]
    faces = [(draw(points), points) for points in views]
    one, two = unwrap_faces(faces[:1], 64), unwrap_faces(faces, 64)
    assert two.known.sum() >= one.known.sum()
    assert np.isfinite(two.colours).all()


def test_places_in_a_texture_are_symmetric():
    places = unwrap_places(100)
    expected = places[topology.MIRROR] * (-1, 1) + (99, 0)
    np.testing.assert_allclose(places, expected, atol=1e-4)


def test_a_mirrored_source_on_a_mirrored_face_is_mirrored(pale, dark, in_a_mirror):
    straight = warp_face(make_source([pale]), dark[1], (160, 160))
    flipped = in_a_mirror(*dark)
    other = warp_face(make_source([in_a_mirror(*pale)]), flipped[1], (160, 160))
    assert other.box.left == 160 - straight.box.left - straight.box.width
    difference = np.abs(other.colours[:, ::-1].astype(int) - straight.colours)
    inside = cv2.resize(straight.inside, (straight.box.width, straight.box.height)) > 0.9
    assert difference[inside].mean() < 2


def test_a_face_beyond_the_picture_is_no_face(pale, place):
    assert warp_face(make_source([pale]), place(middle=(900, 900)), (160, 160)) is None


def test_a_face_half_beyond_the_picture_is_warped_where_it_shows(pale, place):
    warped = warp_face(make_source([pale]), place(middle=(0, 80)), (160, 160))
    assert warped.box.left == 0
    assert warped.inside[:, 0].any()


def test_a_large_source_has_a_finer_texture_than_a_small_one(pale, place, draw):
    points = place(size=700, unit=200)
    large = make_source([(draw(points, size=700), points)])
    small = make_source([pale])
    assert large.levels[0].shape[0] > small.levels[0].shape[0]
    assert large.unit == pytest.approx(200, rel=0.02)


def test_a_malformed_source_is_refused(pale):
    image, points = pale
    with pytest.raises(InputError, match="at least one picture"):
        make_source([])
    with pytest.raises(InputError, match="4d"):
        make_source([pale], method="4d")
    with pytest.raises(InputError, match=r"\(478, 3\), not \(5, 3\)"):
        make_source([(image, points[:5])])
    with pytest.raises(InputError, match="finite"):
        make_source([(image, points * np.nan)])


@pytest.mark.parametrize("method", ["3d", "2d"])
def test_teeth_of_the_source_do_not_show_through_shut_lips(place, draw, method):
    opened, shut = place(size=320, unit=80), place(size=320, unit=80)
    opened[[*topology.LIPS_INNER[11:], *topology.LIPS_OUTER[11:]], 1] += 10
    shut[topology.LIPS_INNER[11:], 1] = shut[topology.LIPS_INNER[9:0:-1], 1]
    laughing = draw(opened, size=320)
    loop = np.round(opened[topology.LIPS_INNER, :2]).astype(np.int32)
    cv2.fillPoly(laughing, [loop], (250, 250, 250))
    cv2.polylines(laughing, [loop], True, (250, 250, 250), 4)  # no mesh is exact
    warped = warp_face(make_source([(laughing, opened)], method=method), shut, (320, 320))
    x, y = np.round(shut[[13, 14], :2].mean(0)).astype(int)
    near = warped.colours[y - warped.box.top - 4 :, x - warped.box.left][:9]
    assert near[:, 1].max() < 190  # of lips 80, of teeth 250
