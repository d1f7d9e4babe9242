"""GIFs are whole, whatever is drawn in them."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image as Pictures

from facewright.media.clips.gif import lay_out, write_gif

TEXT = "x" * 600


def shots(images, seconds=Fraction(1, 10)):
    return ((image, i * seconds, (i + 1) * seconds) for i, image in enumerate(images))


def test_frames_with_few_and_many_colours_come_back(tmp_path):
    rng = np.random.default_rng(0)
    few = [np.full((9, 17, 3), i, np.uint8) for i in (0, 77, 255)]
    two = np.where(np.arange(17)[None, :, None] < 8, np.uint8(0), np.uint8(200))
    ramp = np.arange(153, dtype=np.uint8).reshape(9, 17, 1).repeat(3, axis=2)
    images = [*few, np.ascontiguousarray(np.broadcast_to(two, (9, 17, 3))), ramp]
    images.append(rng.integers(0, 256, (9, 17, 3), dtype=np.uint8))
    assert write_gif(shots(images), tmp_path / "x.gif", (17, 9), text=TEXT) == len(images)
    with Pictures.open(tmp_path / "x.gif") as file:
        assert (file.n_frames, file.info["loop"], file.info["comment"]) == (6, 0, TEXT.encode())
        for number, image in enumerate(images):
            file.seek(number)
            assert file.info["duration"] == 100
            back = np.asarray(file.convert("RGB")).astype(int)
            assert np.abs(back - image).max() <= (60 if number == 5 else 1)


@pytest.mark.parametrize(
    ("seconds", "units"), [(Fraction(1, 1000), 20), (Fraction(10_000), 655_350)]
)
def test_times_that_a_gif_cannot_have_come_as_near_as_it_can(tmp_path, seconds, units):
    images = [np.full((4, 4, 3), i, np.uint8) for i in (0, 99)]
    write_gif(shots(images, seconds), tmp_path / "x.gif", (4, 4), text=TEXT)
    with Pictures.open(tmp_path / "x.gif") as file:
        file.seek(1)
        assert file.info["duration"] == units


def test_texts_lie_in_blocks_of_one_length_for_texts_of_one_length():
    assert lay_out("") == b"\x00"
    assert len(lay_out("a" * 256)) == 256 + 2 + 1
    assert len(lay_out(TEXT)) == len(lay_out("y" * 600))
