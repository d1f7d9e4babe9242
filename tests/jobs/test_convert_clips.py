"""Every frame of a clip is converted, in time."""

import os
import signal
from fractions import Fraction

import numpy as np
import pytest

from facewright.errors import InputError
from facewright.media.video import read_clip
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.types import Clip, Manifest

RATE = Fraction(30000, 1001)


@pytest.fixture
def clip_source(paint, tmp_path):
    """Write a clip of a block that moves; None is a frame without it."""

    def make(places):
        boxes = [[] if x is None else [(x, 20, x + 35, 65)] for x in places]
        images = (paint(*box, size=(96, 128)) for box in boxes)
        clip = Clip((128, 96), RATE, images)
        return publish_clip(clip, tmp_path / "clip.mp4", Manifest("test", {}))

    return make


def test_rate_size_and_length_stay(convert, clip_source, tmp_path):
    told = []
    body = clip_source([*range(20, 26), *[None] * 10])
    done = convert(body, out=tmp_path / "out.mp4", progress=lambda *counts: told.append(counts))
    made = read_clip(done.files[0])
    assert (made.rate, made.size) == (RATE, (128, 96))
    assert len(list(made.frames)) == 16
    (clip,) = done.clips
    assert clip.frames == 16
    assert 6 <= clip.changed <= 12  # a face that is lost is converted a moment longer
    assert told[-1] == (16, 16)
    assert read_manifest(done.files[0]).parameters["picture"] == "clip.mp4"


def test_a_clip_is_enlarged(convert, clip_source, tmp_path):
    done = convert(clip_source([20, 21]), out=tmp_path / "out.mp4", scale=2)
    made = read_clip(done.files[0])
    assert made.size == next(iter(made.frames)).shape[1::-1] == (256, 192)
    assert [(one.width, one.height) for one in done.clips] == [(256, 192)]


def test_whole_frames_can_be_translated(convert, clip_source, tmp_path):
    body = clip_source([None] * 3)
    with pytest.raises(InputError, match="no face was found in 3 frames"):
        convert(body, out=tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()
    done = convert(body, out=tmp_path / "out.mp4", whole=True)
    before, after = (next(iter(read_clip(path).frames)) for path in (body, done.files[0]))
    assert np.abs(before.astype(int) - after).mean() > 10


def test_strips_and_pages_are_for_pictures(convert, clip_source, tmp_path):
    body = clip_source([20])
    for options in ({"steps": 3}, {"strip": True}, {"page": True}):
        with pytest.raises(InputError, match="is for pictures"):
            convert(body, out=tmp_path / "out.mp4", **options)


def test_ctrl_c_leaves_a_clip_that_plays(convert, clip_source, tmp_path):
    def interrupt(done, _total):
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    done = convert(clip_source([20] * 40), out=tmp_path / "out.mp4", progress=interrupt)
    assert not done.finished
    assert 0 < len(list(read_clip(done.files[0]).frames)) < 40


def test_ctrl_c_leaves_other_clips_alone(convert, clip_source, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    body = clip_source([20] * 40).read_bytes()
    for name in ("a.mp4", "b.mp4"):
        (folder / name).write_bytes(body)

    def interrupt(done, _total):
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    done = convert(folder, out=tmp_path / "out", progress=interrupt)
    assert not done.finished
    assert [path.name for path in done.files] == ["a.mp4"]


def test_the_same_command_makes_a_clip_whole_that_was_ended_early(convert, clip_source, tmp_path):
    def interrupt(done, _total):
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    folder, out = clip_source([20] * 20).parent, tmp_path / "out"
    assert not convert(folder, out=out, progress=interrupt).finished
    other = convert(folder, out=out, strength=0.5)
    assert "is there already" in other.refused[0].reason
    done = convert(folder, out=out)
    assert (done.finished, done.refused) == (True, [])
    assert len(list(read_clip(out / "clip.mp4").frames)) == 20
    written = (out / "clip.mp4").stat().st_mtime_ns
    assert convert(folder, out=out).files == [out / "clip.mp4"]
    assert (out / "clip.mp4").stat().st_mtime_ns == written
