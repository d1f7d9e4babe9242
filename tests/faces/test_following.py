import numpy as np
import pytest

from facewright.faces.following import FollowConfig, Follower
from facewright.faces.topology import CANONICAL
from facewright.types import Face

FACE = Face(np.float32([0, 0, 9, 9]), CANONICAL.astype(np.float32), 0.9)
DARK, PALE = (np.full((32, 32, 3), level, np.uint8) for level in (10, 240))


class Counting:
    """Finds one face, and counts how it was asked."""

    def __init__(self, lost=()):
        self.asked, self.lost = [], lost

    def find(self, _images, **_):
        self.asked.append("find")
        return [[FACE]]

    def follow(self, _images, faces):
        self.asked.append("follow")
        return [[] if len(self.asked) in self.lost else list(faces[0])]


def look(finder, images, **config):
    follower = Follower(finder, FollowConfig(**config))
    for image in images:
        follower.look(image)
    return follower


def test_whole_frames_are_looked_at_now_and_then():
    finder = Counting()
    look(finder, [DARK] * 7, every=3)
    assert finder.asked == ["find", "follow", "follow"] * 2 + ["find"]


def test_a_lost_face_is_looked_for_in_the_whole_frame():
    finder = Counting(lost=(3,))
    look(finder, [DARK] * 3, every=9)
    assert finder.asked == ["find", "follow", "follow", "find"]


def test_a_new_shot_is_looked_at_as_a_whole():
    finder = Counting()
    follower = look(finder, [DARK, DARK, PALE], every=9)
    assert follower.cut
    assert finder.asked == ["find", "follow", "find"]


@pytest.mark.parametrize("kept", [0, 2])
def test_only_faces_that_are_kept_are_followed(kept):
    finder = Counting()
    follower = look(finder, [DARK])
    follower.keep([FACE] * kept)
    assert len(follower.look(DARK)) == (kept or 1)
