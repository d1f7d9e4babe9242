import cv2
import numpy as np
import pytest

from facewright.errors import InputError
from facewright.expressions.classifier import EXPRESSIONS
from facewright.expressions.reader import (
    ExpressionReader,
    ReadConfig,
    measure_offset,
    read_picture,
)
from facewright.faces.geometry.topology import CANONICAL
from facewright.types import Face


class Told:
    """Finds the faces that it is given, frame by frame."""

    def __init__(self, frames):
        self.frames = iter(frames)

    def find(self, _images, **_):
        return [next(self.frames, [])]

    def follow(self, images, _faces):
        return self.find(images)


def place(x=60.0, y=55.0, size=22.0):
    points = (CANONICAL * size + np.float32([x, y, 0])).astype(np.float32)
    return Face(np.concatenate([points[:, :2].min(0), points[:, :2].max(0)]), points, 0.9)


def picture(seed):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)
    return np.ascontiguousarray(cv2.resize(small, (120, 120)))


def read(classifier, images, frames, **config):
    reader = ExpressionReader(Told(frames), classifier, ReadConfig(**config))
    return [reader.read(image, time=n / 25) for n, image in enumerate(images)], reader


def test_a_face_keeps_its_number_and_probabilities_sum_up(classifier):
    named, _ = read(classifier, [picture(0)] * 3, [[place()], [place(62)], [place(64)]])
    assert [[face.number for face in frame] for frame in named] == [[1], [1], [1]]
    assert named[0][0].probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert named[0][0].expression in EXPRESSIONS


def test_smoothing_lets_what_was_read_fade(classifier):
    images, frames = [picture(0)] + [picture(1)] * 30, [[place()]] * 31
    # the same shot: cuts are looked for in frames that differ more than these do
    config = {"smoothing": 0.3}
    (steady, _), (raw, _) = (
        read(classifier, images, frames, **one) for one in (config, {"smoothing": 0})
    )
    gaps = [np.abs(s[0].probabilities - raw[-1][0].probabilities).max() for s in steady]
    assert gaps[-1] < 0.1 * max(gaps[0], 1e-6) or gaps[0] < 1e-3


def test_a_lost_face_keeps_what_was_read_and_is_not_seen(classifier):
    named, _ = read(classifier, [picture(0)] * 3, [[place()], [], []])
    assert [face.seen for frame in named for face in frame] == [True, False, False]
    np.testing.assert_allclose(named[0][0].probabilities, named[2][0].probabilities, atol=1e-6)


def test_frames_without_a_face_are_empty(classifier):
    named, _ = read(classifier, [picture(0)] * 2, [])
    assert named == [[], []]


def test_a_neutral_beginning_calibrates(classifier):
    images, frames = [picture(0)] * 30, [[place()]] * 30
    named, reader = read(classifier, images, frames, calibrate=0.5)
    assert not reader.calibrating
    assert named[-1][0].expression == "neutral"
    expected = np.exp(classifier.neutral) / np.exp(classifier.neutral).sum()
    np.testing.assert_allclose(named[-1][0].probabilities, expected, atol=0.02)


def test_calibration_waits_for_a_face(classifier):
    _, reader = read(classifier, [picture(0)] * 20, [], calibrate=0.2)
    assert reader.calibrating


def test_an_offset_changes_the_neutral_face_and_keeps_differences(classifier):
    scores = np.random.default_rng(0).normal(size=(9, 7)).astype(np.float32)
    offset = measure_offset(scores, classifier.neutral)
    moved = scores.mean(axis=0) - offset
    np.testing.assert_allclose(
        moved - moved.mean(), classifier.neutral - classifier.neutral.mean(), atol=1e-5
    )
    with pytest.raises(InputError, match="no face was found"):
        measure_offset(scores[:0], classifier.neutral)


def test_faces_of_a_picture_are_numbered_in_order(classifier):
    faces = [place(30, 40, 12), place(85, 60, 12)]
    named = read_picture(classifier, picture(0), faces)
    assert [face.number for face in named] == [1, 2]
    assert read_picture(classifier, picture(0), []) == []
    unlike = read_picture(classifier, picture(0), faces, offset=np.float32([9, 0, 0, 0, 0, 0, 0]))
    assert unlike[0].probabilities[0] < named[0].probabilities[0]


def test_seconds_below_zero_are_refused(classifier):
    with pytest.raises(InputError, match="not below 0"):
        ExpressionReader(Told([]), classifier, ReadConfig(smoothing=-1))
