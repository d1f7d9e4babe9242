"""Where the clock of a file begins anew, its parts follow one another with their sound."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from facewright.media.encode_video import write_clip
from facewright.media.video import read_clip

RATE = 25


def write_part(path, form, *, start=0, count=15):
    """Pictures and sound of the same length; a click when the brightness changes, in the middle."""
    codec = "mpeg2video"
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=RATE, options={"b": "2M", "bf": "2", "g": "12"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        tone = out.add_stream("mp2", rate=48_000, layout="stereo")
        for number in range(count):
            bright = 16 + (100 if number >= count // 2 else 0)
            image = np.full((48, 64, 3), bright, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = start + number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        total = count * 48_000 // RATE
        wave = np.zeros(total, np.int16)
        middle = (count // 2) * 48_000 // RATE
        wave[middle : middle + 480] = 30_000
        for place in range(0, total, 1152):
            part = np.repeat(wave[place : place + 1152], 2)[None]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "s16", "stereo")
            frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
            frame.pts = start * 48_000 // RATE + place
            out.mux(tone.encode(frame))
        out.mux(tone.encode(None))
        out.mux(stream.encode(None))


def join(path, *parts):
    path.write_bytes(b"".join(part.read_bytes() for part in parts))


def find_events(path):
    """When the pictures become bright and when clicks are heard, in seconds."""
    with av.open(str(path)) as file:
        greys = [(f.time, f.to_ndarray(format="gray").mean()) for f in file.decode(video=0)]
    bright = [b[0] for a, b in pairwise(greys) if b[1] - a[1] > 50]
    with av.open(str(path)) as file:
        waves = [(f.time, np.abs(f.to_ndarray()[0].astype(float))) for f in file.decode(audio=0)]
    most = max(wave.max() for _, wave in waves)
    heard = [time + wave.argmax() / 48_000 for time, wave in waves if wave.max() > most / 2]
    return bright, [b for a, b in pairwise([-1.0, *heard]) if b - a > 0.1]


@pytest.mark.parametrize("form", ["mpegts", "mpeg"])
@pytest.mark.parametrize("starts", [(0, 0, 0), (500, 0, 90_000), (0, 750, 30)])
def test_parts_follow_one_another(tmp_path, form, starts):
    parts = [tmp_path / f"{number}" for number in range(len(starts))]
    for part, start in zip(parts, starts, strict=True):
        write_part(part, form, start=start)
    join(tmp_path / "x.mpg", *parts)
    clip = read_clip(tmp_path / "x.mpg")
    assert write_clip(clip, tmp_path / "y.mp4", "mp4", text="{}") == 15 * len(starts)
    with av.open(str(tmp_path / "y.mp4")) as file:
        assert file.duration / 1e6 == pytest.approx(0.6 * len(starts), abs=0.06)
        ends = [float(s.duration * s.time_base) for s in file.streams]
        assert ends == pytest.approx([0.6 * len(starts)] * 2, abs=0.08)
    seen, heard = find_events(tmp_path / "y.mp4")
    assert len(seen) == len(heard) == len(starts)
    assert heard == pytest.approx(seen, abs=0.03)
    assert seen == pytest.approx([0.28 + 0.6 * n for n in range(len(starts))], abs=0.05)


def test_a_clock_that_never_jumps_is_left_alone(tmp_path):
    write_part(tmp_path / "x.ts", "mpegts", start=100)
    clip = read_clip(tmp_path / "x.ts")
    times = [next(clip.times) * clip.tick * RATE for _ in clip.frames]
    assert times == list(range(15))
    assert clip.extent.end - clip.extent.begin == Fraction(15, RATE)
