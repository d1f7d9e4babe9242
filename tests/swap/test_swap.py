"""One face goes onto another."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.faces.geometry import topology
from facewright.swap.blending.blend import BLENDS
from facewright.swap.blending.light import to_lab
from facewright.swap.mesh.regions import SURFACE
from facewright.swap.swap import SwapOptions, swap_face
from facewright.swap.warp import make_source

CHIN = np.array([149, 152, 378, 421, 201], np.int32)
PLAIN = {blend: SwapOptions(blend=blend) for blend in BLENDS}


def draw_inside(points, shape):
    """Return where a mesh covers a picture, a pixel beyond its edge included."""
    inside = np.zeros(shape[:2], np.uint8)
    for triangle in SURFACE:
        corners = np.round(points[triangle, :2]).astype(np.int32)
        cv2.fillConvexPoly(inside, corners, 1)
    return cv2.dilate(inside, np.ones((7, 7), np.uint8)) > 0


def mean_of_cheeks(image, points):
    """Return the mean colour of both cheeks in Lab."""
    places = np.round(points[[50, 280, 205, 425], :2]).astype(int)
    return to_lab(np.array([[image[y, x] for x, y in places]], np.float32)).mean((0, 1))


@pytest.mark.parametrize("blend", BLENDS)
def test_a_face_on_itself_changes_little(pale, dark, turned, blend):
    for image, points in (pale, dark, turned):
        changed = swap_face(make_source([(image, points)]), image, points, PLAIN[blend])
        assert np.abs(changed.astype(int) - image).mean() < 0.8


@pytest.mark.parametrize("blend", BLENDS)
def test_nothing_outside_the_face_changes_by_a_single_bit(pale, dark, turned, blend):
    for image, points in (dark, turned):
        changed = swap_face(make_source([pale]), image, points, PLAIN[blend])
        outside = ~draw_inside(points, image.shape)
        assert (changed[outside] == image[outside]).all()
        assert (changed != image).any()


def test_the_outline_follows_the_other_face_and_what_is_far_does_not_change(place, draw):
    points = place(size=320, unit=40)
    image = draw(points, size=320)
    wide = place(size=320, unit=40)
    low = wide[:, 1] > wide[2, 1]
    wide[low, 0] = 160 + (wide[low, 0] - 160) * 1.4
    source = make_source([(draw(wide, size=320), wide)])
    changed = swap_face(source, image, points)
    x, y = np.round(points[172, :2]).astype(int)  # the jaw, where the ground was
    assert np.abs(changed[y, x - 3].astype(int) - image[y, x - 3]).max() > 40
    assert (changed[:, : x - 60] == image[:, : x - 60]).all()
    kept = swap_face(source, image, points, SwapOptions(shape=0))
    assert (kept[y, x - 3] == image[y, x - 3]).all()


def test_eyes_are_no_darker_in_dark_skin(pale, dark):
    image, points = dark
    changed = swap_face(make_source([pale]), image, points, SwapOptions(shape=0))
    x, y = np.round((points[33, :2] + points[159, :2]) / 2).astype(int)
    white = changed[y - 1 : y + 4, x : x + 4].max(-1)
    skin = changed[np.round(points[50, 1]).astype(int), np.round(points[50, 0]).astype(int)]
    assert white.max() > skin.max() + 40


@pytest.mark.parametrize("blend", BLENDS)
def test_no_strength_is_no_change(pale, dark, blend):
    image, points = dark
    options = SwapOptions(blend=blend, strength=0)
    assert (swap_face(make_source([pale]), image, points, options) == image).all()


@settings(max_examples=5)
@given(st.floats(0.05, 0.95))
def test_strength_lies_between_nothing_and_all(pale, dark, strength):
    image, points = dark
    source = make_source([pale])
    whole = swap_face(source, image, points).astype(int) - image
    options = SwapOptions(strength=strength)
    part = swap_face(source, image, points, options).astype(int) - image
    np.testing.assert_allclose(part, whole * strength, atol=2 + 0.05 * np.abs(whole).max())


def test_the_picture_that_comes_in_stays_as_it_is(pale, dark):
    image, points = dark
    before = image.copy()
    swap_face(make_source([pale]), image, points)
    assert (image == before).all()


def test_a_face_is_swapped_in_place_when_asked_to(pale, dark):
    image, points = dark
    source = make_source([pale])
    expected = swap_face(source, image, points)
    frame, other = image.copy(), np.zeros_like(image)
    assert swap_face(source, frame, points, out=frame) is frame
    assert (frame == expected).all()
    assert (swap_face(source, image, points, out=other) == expected).all()
    with pytest.raises(InputError, match="the result of a swap"):
        swap_face(source, image, points, out=other[:50])


@pytest.mark.parametrize("blend", BLENDS)
def test_mirrored_faces_are_swapped_in_a_mirror(pale, dark, in_a_mirror, blend):
    straight = swap_face(make_source([pale]), *dark, PLAIN[blend])
    flipped = swap_face(make_source([in_a_mirror(*pale)]), *in_a_mirror(*dark), PLAIN[blend])
    assert np.abs(flipped[:, ::-1].astype(int) - straight).mean() < 0.7


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_the_way_a_face_is_turned_in_the_picture_does_not_matter(pale, dark, quarters):
    source = make_source([pale])
    image, points = dark
    expected = swap_face(source, image, points)
    for _ in range(quarters):
        image = np.ascontiguousarray(np.rot90(image))
        x, y, z = points.T
        points = np.stack([y, image.shape[0] - 1 - x, z], 1)
    changed = np.rot90(swap_face(source, image, points), -quarters)
    assert np.abs(changed.astype(int) - expected).mean() < 0.6  # grain comes from left and above


def test_the_skin_takes_the_tone_of_the_body(pale, dark):
    image, points = dark
    wanted = mean_of_cheeks(image, points)
    changed = swap_face(make_source([pale]), image, points)
    assert np.linalg.norm(mean_of_cheeks(changed, points) - wanted) < 6
    kept = swap_face(
        make_source([pale]), image, points, SwapOptions(match_colour=False, blend="feather")
    )
    assert np.linalg.norm(mean_of_cheeks(kept, points) - wanted) > 20


def test_brows_come_with_the_face(pale, place, draw):
    points = place()
    bare = draw(points).copy()
    brows = np.zeros(bare.shape[:2], np.uint8)
    for loop in (topology.LEFT_BROW, topology.RIGHT_BROW):
        cv2.fillPoly(brows, [np.round(points[loop, :2]).astype(np.int32)], 1)
    bare[cv2.dilate(brows, np.ones((5, 5), np.uint8)) > 0] = (200, 160, 140)
    changed = swap_face(make_source([pale]), bare, points)
    assert changed[brows > 0].mean() < bare[brows > 0].mean() - 60


def test_what_is_between_open_lips_stays(pale, dark):
    image, points = dark
    opened = points.copy()
    lower = topology.LIPS_INNER[11:]
    opened[lower, 1] += 10
    teeth = image.copy()
    loop = np.round(opened[topology.LIPS_INNER, :2]).astype(np.int32)
    cv2.fillPoly(teeth, [loop], (250, 250, 250))
    changed = swap_face(make_source([pale]), teeth, opened, SwapOptions(shape=0))
    x, y = np.round(opened[topology.LIPS_INNER, :2].mean(0)).astype(int)
    assert (changed[y, x] >= 245).all()


def test_hair_over_the_forehead_stays(pale, dark):
    image, points = pale
    fringe = image.copy()
    top = int(points[10, 1])
    fringe[: top + 12] = (30, 20, 90)
    changed = swap_face(make_source([dark]), fringe, points)
    strip = changed[top + 2 : top + 8, 70:90].astype(int) - (30, 20, 90)
    assert np.abs(strip).mean() < 6


@pytest.mark.parametrize(
    ("part", "loop"),
    [
        ("eyes", topology.LEFT_EYE),
        ("mouth", topology.LIPS_OUTER),
        ("beard", CHIN),
    ],
)
def test_parts_that_are_kept_stay(pale, dark, part, loop):
    image, points = dark
    source = make_source([pale])
    inside = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(points[loop, :2]).astype(np.int32)], 1)
    inside = inside > 0
    kept = swap_face(source, image, points, SwapOptions(keep=(part,), shape=0))
    taken = swap_face(source, image, points, SwapOptions(shape=0))
    change = [np.abs(out[inside].astype(int) - image[inside]).mean() for out in (kept, taken)]
    assert change[0] < min(3, change[1] / 2)


def test_frames_of_glasses_stay_when_asked_for(pale, dark):
    image, points = pale
    worn = image.copy()
    for iris in (468, 473):
        x, y = np.round(points[iris, :2]).astype(int).tolist()
        cv2.circle(worn, (x, y), 13, (10, 10, 10), 1, cv2.LINE_AA)
    source = make_source([dark])
    frame = (np.abs(worn.astype(int) - image).sum(-1) > 200) & (np.arange(160) > points[168, 1])[
        :, None
    ]
    kept = swap_face(source, worn, points, SwapOptions(keep=("glasses",), shape=0))
    gone = swap_face(source, worn, points, SwapOptions(shape=0))
    change = [np.abs(out[frame].astype(int) - worn[frame]).mean() for out in (kept, gone)]
    assert change[0] < change[1] / 2


def test_frames_that_cross_the_nose_stay_by_themselves(pale, dark):
    image, points = pale
    worn = image.copy()
    left, right = (np.round(points[iris, :2]).astype(int) for iris in (468, 473))
    for x, y in (left.tolist(), right.tolist()):
        cv2.circle(worn, (x, y), 13, (10, 10, 10), 2, cv2.LINE_AA)
    rim = np.array([13, 0])
    ends = (left + rim).tolist(), (right - rim).tolist()
    cv2.line(worn, *ends, (10, 10, 10), 2, cv2.LINE_AA)
    bridge = np.zeros(image.shape[:2], np.uint8)
    cv2.line(bridge, *ends, 1, 1)
    options = SwapOptions(shape=0)
    kept, bare = (swap_face(make_source([dark]), body, points, options) for body in (worn, image))
    assert kept[bridge > 0].mean() < 60 < bare[bridge > 0].mean()


def test_a_picture_without_colour_stays_without(pale, dark):
    image, points = dark
    grey = np.repeat(image.mean(-1, keepdims=True), 3, -1).astype(np.uint8)
    changed = swap_face(make_source([pale]), grey, points).astype(int)
    assert np.ptp(changed, axis=-1).max() <= 6


def test_closed_eyes_stay_closed(pale, place, draw):
    points = place()
    shut = points.copy()
    for upper, lower in ((159, 145), (158, 153), (160, 144), (157, 154), (161, 163)):
        shut[upper, 1] = shut[lower, 1]
    for upper, lower in ((386, 374), (385, 380), (387, 373), (384, 381), (388, 390)):
        shut[upper, 1] = shut[lower, 1]
    image = draw(shut)
    changed = swap_face(make_source([pale]), image, shut, SwapOptions(shape=0))
    x, y = np.round(shut[159, :2]).astype(int)
    assert np.abs(changed[y, x].astype(int) - image[y, x]).max() < 8


@pytest.mark.parametrize("how", ["shut", "blank"])
def test_a_face_without_pupils_gets_those_of_the_picture(dark, place, draw, how):
    points = place()
    if how == "shut":
        for upper, lower in ((159, 145), (386, 374)):
            points[upper, 1] = points[lower, 1] - 1
    face = draw(points)
    for iris in (468, 473):
        x, y = np.round(points[iris, :2]).astype(int)
        skin = face[y + 9, x].tolist()
        cv2.ellipse(face, (int(x), int(y)), (9, 4), 0, 0, 360, skin, -1)
    image, body = dark
    changed = swap_face(make_source([(face, points)]), image, body)
    for iris in (468, 473):
        x, y = np.round(body[iris, :2]).astype(int)
        assert np.abs(changed[y, x].astype(int) - image[y, x]).max() < 12


def test_eyes_of_a_coarse_source_are_mostly_those_of_the_picture(place, draw):
    def portray(unit):
        points = place(size=4 * unit, unit=unit)
        points[[159, 158, 160, 157, 161, 386, 385, 387, 384, 388], 1] -= 0.06 * unit
        return draw(points, size=4 * unit), points

    image, points = portray(120)
    x, y = np.round(points[468, :2]).astype(int)  # the middle of an eye
    cv2.circle(image, (int(x), int(y)), 9, (110, 75, 60), -1)  # a brown one
    change = []
    for unit in (120, 16):
        changed = swap_face(make_source([portray(unit)]), image, points)
        change.append(np.abs(changed[y, x].astype(int) - image[y, x]).mean())
    assert change[1] < 0.6 * change[0]


def test_a_face_outside_the_picture_changes_nothing(pale, dark, place):
    changed = swap_face(make_source([pale]), dark[0], place(middle=(900, 900)))
    assert (changed == dark[0]).all()


@pytest.mark.parametrize("unit", [4, 10, 90])
def test_small_and_large_faces_are_swapped(pale, place, draw, unit):
    size = max(32, unit * 4)
    points = place(size=size, unit=unit)
    image = draw(points, size=size)
    changed = swap_face(make_source([pale]), image, points)
    assert changed.shape == image.shape
    assert np.abs(changed.astype(int) - image).mean() < 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blend": "glue"}, "glue"),
        ({"strength": 2}, "strength"),
        ({"shape": -1}, "shape"),
        ({"keep": ("nose",)}, "nose"),
    ],
)
def test_options_without_sense_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        SwapOptions(**options)
