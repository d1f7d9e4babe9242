"""Faces keep their numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.faces.tracking.track import Tracker, TrackingConfig
from facewright.types import Face

SHAPE = np.random.default_rng(0).uniform(-0.4, 0.4, (20, 3)).astype(np.float32)
ROUGH = TrackingConfig(smoothing=None)


def draw(x, y, side=100.0, shake=0.0, rng=None):
    """Return a face with its middle at (x, y)."""
    points = (SHAPE - SHAPE.mean(0)) * side + np.float32([x, y, 0])
    if rng is not None:
        points = points + rng.normal(0, shake, points.shape)
    box = [x - side / 2, y - side / 2, x + side / 2, y + side / 2]
    return Face(np.float32(box), points.astype(np.float32), 0.9)


def follow(frames, rate=30.0, config=ROUGH, images=None):
    tracker = Tracker(config)
    images = images or [None] * len(frames)
    return [
        tracker.step(faces, time=i / rate, image=image)
        for i, (faces, image) in enumerate(zip(frames, images, strict=True))
    ]


def middle(tracked):
    return tracked.face.points[:, :2].mean(0)


def numbers(frames):
    return [[t.number for t in frame if t.seen] for frame in frames]


@given(st.permutations(range(4)), st.integers(0, 9))
def test_order_of_the_found_faces_does_not_matter(order, seed):
    rng = np.random.default_rng(seed)
    places = [(100 + 150 * i, 200 + 40 * i) for i in range(4)]
    first = [draw(*place) for place in places]
    moved = [draw(x + rng.uniform(-20, 20), y + rng.uniform(-20, 20)) for x, y in places]
    _, second = follow([first, [moved[i] for i in order]])
    assert [t.number for t in second] == [1, 2, 3, 4]
    for t in second:
        assert t.face is moved[t.number - 1]


@given(st.lists(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), max_size=4), max_size=8))
def test_every_found_face_is_returned_once_with_a_number_of_its_own(places):
    frames = [[draw(x, y) for x, y in frame] for frame in places]
    for faces, tracked in zip(frames, follow(frames), strict=True):
        assert {id(t.face) for t in tracked if t.seen} == {id(face) for face in faces}
        assert len({t.number for t in tracked}) == len(tracked)


def test_faces_that_pass_each_other_keep_their_numbers():
    frames = [[draw(100 + 10 * i, 200), draw(500 - 10 * i, 215)] for i in range(40)]
    tracked = follow(frames)
    assert all(frame[0].number == 1 for frame in tracked)
    for i, frame in enumerate(tracked):
        assert middle(frame[0])[0] == pytest.approx(100 + 10 * i, abs=1)


def test_face_behind_another_comes_out_with_its_own_number():
    frames = []
    for i in range(40):
        front, back = draw(300, 200, 110), draw(100 + 10 * i, 205)
        hidden = abs(100 + 10 * i - 300) < 45
        frames.append([front] if hidden else [front, back])
    tracked = follow(frames)
    assert all(frame[0].number == 1 for frame in tracked)
    assert {n for frame in numbers(tracked) for n in frame} == {1, 2}


@pytest.mark.parametrize(("away", "back"), [(10, 1), (14, 1), (16, 2)])
def test_lost_face_keeps_its_number_within_the_patience(away, back):
    frames = [[draw(200, 200)]] * 5 + [[]] * away + [[draw(205, 200)]]
    tracked = follow(frames)
    assert numbers(tracked)[-1] == [back]
    assert all(len(frame) == 1 and not frame[0].seen for frame in tracked[5 : 5 + min(away, 14)])


def test_lost_face_moves_on_and_slows_down():
    frames = [[draw(100 + 6 * i, 200)] for i in range(20)] + [[]] * 14
    xs = [middle(frame[0])[0] for frame in follow(frames)]
    steps = np.diff(xs[19:])
    assert 4 < steps[0] < 6.5
    assert all(np.diff(steps) < 0)
    assert steps[-1] > 0


def test_new_face_far_away_is_another():
    tracked = follow([[draw(100, 100)], [draw(300, 100)]])
    assert [t.number for t in tracked[1]] == [2, 1]
    assert [t.seen for t in tracked[1]] == [True, False]


def test_much_larger_face_at_the_place_does_not_take_over_from_one_that_fits():
    tracked = follow([[draw(100, 100, 60)], [draw(100, 100, 150), draw(108, 100, 60)]])
    assert [t.face.box[2] - t.face.box[0] for t in tracked[1]] == [60, 150]


def test_frame_rate_does_not_change_who_is_who():
    for rate in (10.0, 30.0, 120.0):
        times = np.arange(0, 2, 1 / rate)
        frames = [[draw(100 + 150 * t, 200), draw(400 - 150 * t, 330)] for t in times]
        assert {n for frame in numbers(follow(frames, rate)) for n in frame} == {1, 2}


def test_smoothing_steadies_points_and_box():
    rng = np.random.default_rng(1)
    found = [[draw(200 + rng.normal(), 200, 100, 1.0, rng)] for _ in range(90)]
    steady = follow(found, config=TrackingConfig())
    for get in (lambda f: f.points, lambda f: f.box):
        rough = np.stack([get(frame[0]) for frame in found[30:]])
        smooth = np.stack([get(frame[0].face) for frame in steady[30:]])
        assert np.abs(np.diff(smooth, axis=0)).mean() < 0.5 * np.abs(np.diff(rough, axis=0)).mean()


def test_cut_ends_all_tracks_and_restarts_the_smoothing():
    rng = np.random.default_rng(2)
    shots = [rng.integers(0, 255, (4, 4, 3)).astype(np.uint8) for _ in range(2)]
    images = [np.kron(shots[i >= 5], np.ones((20, 20, 1), np.uint8)) for i in range(10)]
    found = [[draw(200 + rng.normal(), 200)] for _ in range(10)]
    tracked = follow(found, config=TrackingConfig(), images=images)
    assert numbers(tracked) == [[1]] * 5 + [[2]] * 5
    np.testing.assert_array_equal(tracked[5][0].face.points, found[5][0].points)


def test_time_that_stands_still_is_refused():
    tracker = Tracker()
    tracker.step([], time=1.0)
    with pytest.raises(InputError, match="forwards"):
        tracker.step([], time=1.0)


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="reach"):
        TrackingConfig(reach=0)
