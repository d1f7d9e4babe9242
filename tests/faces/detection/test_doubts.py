"""Where a face may be is said, with the option that takes it."""

import numpy as np
import pytest

from facewright.faces.detection.doubts import describe_doubtful, hint_at_face, split_doubtful
from facewright.types import Face

IMAGE = np.zeros((600, 800, 3), np.uint8)


def face(score, side=50):
    return Face(np.float32([100, 80, 100 + side, 80 + side]), np.zeros((5, 3), np.float32), score)


class FaceDetector:
    """Finds one face, from a threshold and a size on."""

    def __init__(self, score, smallest=24):
        self.score, self.smallest = score, smallest

    def find(self, images, *, smallest=None, threshold=0.4):
        there = self.score >= threshold and (smallest or 24) <= self.smallest
        return [[face(self.score, self.smallest)] if there else [] for _ in images]


def test_faces_are_split_at_the_threshold():
    sure, doubtful = face(0.6), face(0.3)
    assert split_doubtful([sure, doubtful], 0.4) == ([sure], [doubtful])


@pytest.mark.parametrize(
    ("face_detector", "hint"),
    [
        (
            FaceDetector(0.37),
            "there may be a face 24 pixels wide at (100, 80), score 0.37: --threshold",
        ),
        (FaceDetector(0.9, 14), "there may be a face 14 pixels wide at (100, 80): --smallest 10"),
        (FaceDetector(0.1), "another picture"),
    ],
)
def test_a_hint_says_what_may_be_there(face_detector, hint):
    assert hint_at_face(face_detector, IMAGE, "another picture", threshold=0.4).startswith(hint)


def test_the_named_threshold_takes_the_face():
    for score in (0.26, 0.3, 0.349, 0.39):
        said = describe_doubtful(face(score), threshold=0.4)
        assert 0 < float(said.split("--threshold ")[1].split()[0]) <= score


def test_without_an_option_the_picture_is_to_blame():
    assert "upright and uncovered" in hint_at_face(FaceDetector(0.3), IMAGE, "another picture")
