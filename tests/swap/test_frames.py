"""Frames are swapped one after the other: found, followed, steady, in one's own light."""

import cv2
import numpy as np
import pytest

from facewright.faces.tracking.follow import FrameConfig
from facewright.faces.tracking.picking import Picker
from facewright.faces.tracking.track import TrackingConfig
from facewright.swap.frames import FrameSwapper, pick_pose
from facewright.swap.swap import SwapOptions
from facewright.swap.warp import make_source
from facewright.types import Face


class Told:
    """Finds what it is given, and counts how."""

    def __init__(self, meshes):
        self.meshes = iter(meshes)
        self.looked = self.followed = 0
        self.known = []

    def find(self, _images, **_options):
        self.looked += 1
        return [self._next()]

    def follow(self, _images, faces):
        self.followed += 1
        self.known.append(len(faces[0]))
        return [self._next()]

    def _next(self):
        return [
            Face(np.concatenate([p[:, :2].min(0), p[:, :2].max(0)]), p, 0.9)
            for p in next(self.meshes, [])
        ]


@pytest.fixture
def run(dark):
    """Swap frames with meshes that are told; return the swapper and what it made."""

    def make(images, meshes, *, sources=None, picker=None, **config):
        told = Told(meshes)
        sources = sources or [make_source([dark])]
        frames = FrameConfig(**config)
        swapper = FrameSwapper(told, sources, picker or Picker("all"), SwapOptions(), frames)
        made = [swapper.swap(image, time=n / 25) for n, image in enumerate(images)]
        return swapper, made, told

    return make


def test_a_frame_without_a_face_passes_through_and_is_counted(pale, run):
    image, points = pale
    swapper, _, _ = run([image] * 3, [[points]])
    assert (swapper.frames, swapper.swapped, swapper.missed) == (3, 3, 0)
    swapper, made, _ = run([image] * 7, [[points]])
    assert (swapper.frames, swapper.swapped) == (7, 4)  # lost for 0.15 s, it stays covered
    assert swapper.missed == 3
    assert made[-1] is image


def test_not_a_bit_changes_outside_of_the_face(pale, run):
    image, points = pale
    _, (made,), _ = run([image], [[points]])
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    outside = np.ones(image.shape[:2], bool)
    outside[int(low[1]) : int(high[1]) + 2, int(low[0]) : int(high[0]) + 2] = False
    assert (made[outside] == image[outside]).all()
    assert (made != image).any()


def test_between_whole_looks_faces_are_followed(pale, run):
    image, points = pale
    _, _, told = run([image] * 9, [[points]] * 9, every=4)
    assert (told.looked, told.followed) == (3, 6)


def test_a_face_that_is_lost_is_looked_for_in_the_whole_frame(pale, run):
    image, points = pale
    _, _, told = run([image] * 3, [[points], [], [points], [points]], every=100)
    assert (told.looked, told.followed) == (2, 2)


def test_in_a_crowd_only_the_chosen_face_is_followed(pale, place, run):
    image, points = pale
    others = [place(unit=12.0, middle=(x, 140)) for x in (30, 80, 130)]
    meshes = [[points, *others], [points], [points]]
    swapper, _, told = run([image] * 3, meshes, picker=Picker("largest"))
    assert told.known == [1, 1]
    assert swapper.swapped == 3


def test_a_cut_begins_anew(pale, run):
    image, points = pale
    other = np.zeros_like(image)
    other[:80] = (250, 240, 30)
    frames = [image, image, other, other]
    _, made, told = run(frames, [[points], [points], [], []], every=100)
    assert told.looked == 3  # the second shot shows nobody to follow
    assert made[2] is other  # a face from before the cut is not pasted there


def test_the_reference_that_is_turned_alike_is_used(pale, dark, turned, run):
    sources = [make_source([pale]), make_source([turned])]
    assert pick_pose(sources, turned[1]) == 1
    assert pick_pose(sources, dark[1]) == 0
    swapper, _, _ = run([turned[0]] * 2, [[turned[1]]] * 2, sources=sources)
    assert swapper.used == {1: 2}


def shaky(points, count):
    """The same mesh, every point of it found a little elsewhere each time."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        noise = cv2.GaussianBlur(rng.normal(0, 1.0, (478, 3)).astype(np.float32), (1, 1), 0)
        shift = rng.normal(0, 1.0, (1, 3)).astype(np.float32)
        yield [points + 0.3 * noise + shift]


def test_steadied_faces_flicker_less(pale, run):
    image, points = pale
    frames = [image] * 25
    steady, _, _ = run(frames, shaky(points, 25))
    loose, _, _ = run(frames, shaky(points, 25), tracking=TrackingConfig(smoothing=None))
    assert 0 <= steady.flicker.read().score < 0.6 * loose.flicker.read().score


def test_one_frame_does_not_flicker(pale, run):
    image, points = pale
    swapper, _, _ = run([image], [[points]])
    assert swapper.flicker.read() is None
