"""Clips of any length are written in the memory of a few frames, and can be ended in good order."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.media.encode_video import EarlyStop, write_clip
from facewright.media.video import read_clip, read_clip_metadata
from facewright.types import Clip

FORMS = ["mp4", "gif"]
MEGABYTE = 2**20
MEMORY = Path("/proc/self/statm")


def draw(count, size=(32, 24)):
    """Frames of one colour each."""
    return (np.full((size[1], size[0], 3), 9 * i % 256, np.uint8) for i in range(count))


def make_clip(count):
    return Clip((32, 24), Fraction(25), draw(count))


def stop_after(count):
    """A wish that comes after some frames; the text says how many there are."""
    asked = iter(range(1, 1000))
    return EarlyStop(lambda: next(asked) >= count, lambda n: f'{{"frames": {n}}}')


@pytest.mark.parametrize("form", FORMS)
def test_a_clip_that_is_stopped_plays_up_to_there_and_says_so(tmp_path, form):
    path = tmp_path / f"x.{form}"
    text = '{"frames": 40, "long": "' + "x" * 700 + '"}'
    assert write_clip(make_clip(40), path, form, text=text, stop=stop_after(7)) == 7
    assert read_clip_metadata(path)["comment"].rstrip() == '{"frames": 7}'
    clip = read_clip(path)
    assert [abs(int(image.mean()) - 9 * i) <= 3 for i, image in enumerate(clip.frames)] == [
        True
    ] * 7
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", FORMS)
def test_a_clip_that_is_not_stopped_keeps_its_text(tmp_path, form):
    stop = EarlyStop(lambda: False, lambda n: f'{{"frames": {n}}}')
    assert write_clip(make_clip(5), tmp_path / "x", form, text="{}", stop=stop) == 5
    assert read_clip_metadata(tmp_path / "x")["comment"].rstrip() == "{}"


def test_a_stop_after_the_last_frame_is_none(tmp_path):
    write_clip(replace(make_clip(3), count=3), tmp_path / "x", "mp4", text="{}", stop=stop_after(3))
    assert read_clip_metadata(tmp_path / "x")["comment"].rstrip() == "{}"


def test_a_stop_before_the_first_frame_waits_for_it(tmp_path):
    assert write_clip(make_clip(9), tmp_path / "x", "mp4", text="{}", stop=stop_after(0)) == 1
    with pytest.raises(InputError, match="without frames"):
        write_clip(make_clip(0), tmp_path / "y", "mp4", text="{}", stop=stop_after(0))


def test_a_stopped_clip_keeps_its_sound_up_to_there(tmp_path, record):
    record(tmp_path / "x.mp4", range(0, 4000, 40), sound=("aac", 180, 0))
    clip = read_clip(tmp_path / "x.mp4")
    write_clip(clip, tmp_path / "y.mp4", "mp4", text="{}", stop=stop_after(25))
    clip = read_clip(tmp_path / "y.mp4")
    assert (clip.count, clip.rate, clip.sound is None) == (25, 25, False)


@pytest.mark.skipif(not MEMORY.exists(), reason="the system does not say what a process occupies")
@pytest.mark.parametrize(("form", "count"), [("mp4", 2000), ("gif", 400)])
def test_memory_does_not_grow_with_the_length(tmp_path, record, form, count):
    record(tmp_path / "x.mp4", range(0, 40 * count, 40), sound=("aac", 2 * count, 0))
    clip = read_clip(tmp_path / "x.mp4")
    used = []

    def enlarge():
        for number, image in enumerate(clip.frames):
            if number in {200, count - 1}:
                used.append(int(MEMORY.read_text().split()[1]) * 4096)
            yield image.repeat(3, axis=0).repeat(3, axis=1)

    larger = replace(clip, size=(96, 72), frames=enlarge())
    assert write_clip(larger, tmp_path / "y", form, text="{}") == count
    assert used[1] - used[0] < 3 * MEGABYTE  # 200 frames are 4, and 1800 are 36
