"""Sound goes along, unchanged where it can, and stays with the pictures."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from facewright.errors import FileError
from facewright.media.encode_video import write_clip
from facewright.media.video import read_clip
from facewright.types import Clip

TIMES = [40 * number for number in range(50)]


def copy(source, target):
    """Read a clip and write it again."""
    write_clip(read_clip(source), target, "mp4", text="{}")


def packets(path):
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(audio=0) if packet.size]


def find_click(path):
    """When the click is heard, in seconds from the first picture."""
    with av.open(str(path)) as file:
        first = next(file.decode(video=0)).time
    with av.open(str(path)) as file:
        frames = [(f.time, f.to_ndarray()[0].astype(float)) for f in file.decode(audio=0)]
    time, wave = max(frames, key=lambda frame: np.abs(frame[1]).max())
    return time + np.abs(wave).argmax() // (2 if wave.size > 1024 else 1) / 48_000 - first


def read_wave(path):
    with av.open(str(path)) as file:
        parts = [frame.to_ndarray()[0].astype(float) for frame in file.decode(audio=0)]
    return np.concatenate(parts)


@pytest.mark.parametrize(
    ("codec", "form"),
    [("aac", "mp4"), ("aac", "mkv"), ("libmp3lame", "mp4"), ("libopus", "mkv"), ("flac", "mkv")],
)
def test_sound_is_copied_unchanged(tmp_path, record, codec, form):
    record(tmp_path / f"x.{form}", TIMES, sound=(codec, 90, 0))
    copy(tmp_path / f"x.{form}", tmp_path / "y.mp4")
    kept, whole = packets(tmp_path / "y.mp4"), packets(tmp_path / f"x.{form}")
    assert kept == whole[: len(kept)]
    assert len(kept) >= len(whole) - 2


def test_sound_ends_with_the_pictures(tmp_path, record):
    record(tmp_path / "x.mp4", TIMES, sound=("aac", 90, 0))
    clip = replace(read_clip(tmp_path / "x.mp4"), frames=iter([]), times=None)
    frames = iter([np.zeros((24, 32, 3), np.uint8)] * 10)
    write_clip(replace(clip, frames=frames), tmp_path / "y.mp4", "mp4", text="{}")
    kept, whole = packets(tmp_path / "y.mp4"), packets(tmp_path / "x.mp4")
    assert 18 <= len(kept) <= 21
    assert kept == whole[: len(kept)]


@pytest.mark.parametrize("codec", ["pcm_s16le", "libvorbis"])
def test_sound_that_an_mp4_cannot_hold_becomes_aac(tmp_path, record, codec):
    if codec not in av.codecs_available:
        codec = "pcm_s24le"
    record(tmp_path / "x.mkv", TIMES, sound=(codec, 90, 0))
    for name in ("y.mp4", "z.mp4"):
        copy(tmp_path / "x.mkv", tmp_path / name)
    assert (tmp_path / "y.mp4").read_bytes() == (tmp_path / "z.mp4").read_bytes()
    with av.open(str(tmp_path / "y.mp4")) as file:
        stream = file.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.layout.name) == (
            "aac",
            48_000,
            "stereo",
        )
    tone = read_wave(tmp_path / "y.mp4")
    peaks = np.abs(np.fft.rfft(tone[20_000:60_000]))
    assert peaks.argmax() * 48_000 / 40_000 == pytest.approx(48_000 / (2 * np.pi * 30), abs=2)


@pytest.mark.parametrize(("video", "sound"), [(0, 9600), (200, 0), (0, 0), (500, 4800)])
@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_stays_with_the_pictures(tmp_path, record, video, sound, codec):
    record(tmp_path / "x.mkv", [t + video for t in TIMES], sound=(codec, 90, sound))
    copy(tmp_path / "x.mkv", tmp_path / "y.mp4")
    before, after = (find_click(tmp_path / name) for name in ("x.mkv", "y.mp4"))
    assert before == pytest.approx((90 * 512 + sound) / 48_000 - video / 1000, abs=0.002)
    assert after == pytest.approx(before, abs=0.002)


def test_sound_that_cannot_be_read_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "text.mp4").write_text("no clip" * 99)
    for name, reason in (("none.mp4", "No such file"), ("text.mp4", "Invalid data")):
        images = iter([np.zeros((24, 32, 3), np.uint8)] * 3)
        clip = Clip((32, 24), Fraction(25), images, sound=str(tmp_path / name))
        with pytest.raises(
            FileError, match=f"sound of .*{name} cannot be read: {reason}"
        ) as caught:
            write_clip(clip, tmp_path / "y.mp4", "mp4", text="{}")
        assert caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["text.mp4"]


def test_a_clip_without_sound_stays_silent(tmp_path, record):
    record(tmp_path / "x.mp4", TIMES[:3])
    clip = replace(read_clip(tmp_path / "x.mp4"), sound=str(tmp_path / "x.mp4"))
    write_clip(clip, tmp_path / "y.mp4", "mp4", text="{}")
    assert read_clip(tmp_path / "y.mp4").sound is None
