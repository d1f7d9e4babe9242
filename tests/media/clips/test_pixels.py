"""Pictures come upright, with square pixels."""

from fractions import Fraction

import numpy as np
import pytest

from facewright.media.video import read_clip

TURNS = {
    (90,): lambda image: np.rot90(image, 1),
    (-90,): lambda image: np.rot90(image, -1),
    (180,): lambda image: np.rot90(image, 2),
    (0, True): lambda image: image[:, ::-1],
    (0, False, True): lambda image: image[::-1],
    (90, True): lambda image: np.rot90(image, 1)[:, ::-1],
    (-90, True): lambda image: np.rot90(image, -1)[:, ::-1],
    (3,): lambda image: image,
}


@pytest.mark.parametrize("turn", TURNS)
def test_rotations_and_reflections_are_applied(tmp_path, record, turn):
    record(tmp_path / "plain.mp4", [0, 40])
    record(tmp_path / "turned.mp4", [0, 40], prepare=lambda s: s.set_display_rotation(*turn))
    plain, turned = (read_clip(tmp_path / f"{name}.mp4") for name in ("plain", "turned"))
    wanted = TURNS[turn](next(plain.frames))
    assert turned.size == wanted.shape[1::-1]
    image = next(turned.frames)
    # Once, one level was between them: the conversion to RGB is not promised to be exact.
    assert np.abs(image.astype(int) - wanted).max() <= 1
    assert image.flags.c_contiguous


@pytest.mark.parametrize(
    ("shape", "size"), [(Fraction(4, 3), (43, 24)), (Fraction(1, 2), (32, 48))]
)
def test_pixels_become_square(tmp_path, record, shape, size):
    def prepare(stream):
        stream.codec_context.sample_aspect_ratio = shape

    record(tmp_path / "x.mp4", [0, 40], prepare=prepare)
    clip = read_clip(tmp_path / "x.mp4")
    assert clip.size == size
    assert all(image.shape == (size[1], size[0], 3) for image in clip.frames)
