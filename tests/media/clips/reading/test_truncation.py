"""What is there of a broken clip is kept, and the end is reported."""

import logging
from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image as Pictures

from facewright.errors import BrokenClipError, FileError
from facewright.media.clips.reading.truncation import count_missing
from facewright.media.video import check_complete, read_clip
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.types import Manifest

ENDINGS = {
    "mp4": "libx264", "mov": "libx264", "mkv": "libx264", "webm": "libvpx-vp9", "avi": "mpeg4",
    "flv": "flv", "wmv": "wmv2", "ts": "mpeg2video", "m2ts": "libx264", "mpg": "mpeg2video",
}  # fmt: skip


def write_noise(path, ending, count=24):
    """Pictures that need many bytes each, so that a cut leaves some of them whole."""
    rng = np.random.default_rng(0)
    options = {"movflags": "faststart"} if ending in ("mp4", "mov") else {}
    with av.open(str(path), "w", options=options) as out:
        stream = out.add_stream(ENDINGS[ending], rate=25, options={"g": "6", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(count):
            image = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))


def cut(path, share):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share) | 1])


@pytest.mark.parametrize("ending", ENDINGS)
def test_whole_clips_lack_nothing(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    write_noise(path, ending)
    assert count_missing(path) == 0
    clip = read_clip(path)
    assert len(list(clip.frames)) >= 23
    check_complete(clip)


@pytest.mark.parametrize("ending", ENDINGS)
def test_clips_that_break_off_keep_what_is_there_and_say_so(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    write_noise(path, ending)
    cut(path, 0.6)
    clip = read_clip(path)
    publish_clip(clip, tmp_path / "y.mp4", Manifest("x", {}))
    with pytest.raises(BrokenClipError, match=r"breaks off after \d+") as caught:
        check_complete(clip)
    assert str(path) in str(caught.value)
    assert caught.value.hint
    assert 6 <= len(list(read_clip(tmp_path / "y.mp4").frames)) <= 20
    assert read_manifest(tmp_path / "y.mp4").task == "x"


def test_leniently_read_they_are_only_warned_of(tmp_path, caplog):
    write_noise(tmp_path / "x.mp4", "mp4")
    cut(tmp_path / "x.mp4", 0.6)
    clip = read_clip(tmp_path / "x.mp4", lenient=True)
    with caplog.at_level(logging.WARNING):
        assert 0 < len(list(clip.frames)) < 24
    check_complete(clip)
    assert "of 24 pictures" in caplog.text


def test_a_clip_is_known_to_break_off_before_it_is_read(tmp_path):
    write_noise(tmp_path / "x.mp4", "mp4")
    cut(tmp_path / "x.mp4", 0.6)
    with pytest.raises(BrokenClipError, match="breaks off before its end"):
        check_complete(read_clip(tmp_path / "x.mp4"))


def test_damage_in_the_middle_does_not_hide_the_rest(tmp_path):
    write_noise(tmp_path / "x.avi", "avi")
    data = bytearray((tmp_path / "x.avi").read_bytes())
    middle = len(data) // 2
    data[middle : middle + 1500] = bytes(1500)
    (tmp_path / "x.avi").write_bytes(data)
    clip = read_clip(tmp_path / "x.avi")
    assert 18 <= len(list(clip.frames)) <= 24


@pytest.mark.parametrize("form", ["GIF", "PNG"])
def test_animations_that_break_off_keep_their_first_frames(tmp_path, form):
    rng = np.random.default_rng(0)
    frames = [Pictures.fromarray(rng.integers(0, 256, (32, 32, 3), np.uint8)) for _ in range(6)]
    out = BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=50)
    (tmp_path / "x").write_bytes(out.getvalue())
    cut(tmp_path / "x", 0.6)
    clip = read_clip(tmp_path / "x")
    assert 2 <= len(list(clip.frames)) <= 4
    with pytest.raises(BrokenClipError, match="breaks off|damaged: [234] pictures"):
        check_complete(clip)


def test_what_has_no_picture_at_all_is_an_error(tmp_path):
    write_noise(tmp_path / "x.mkv", "mkv")
    cut(tmp_path / "x.mkv", 0.02)
    with pytest.raises(FileError):
        read_clip(tmp_path / "x.mkv")
