"""Frames are shown when they were seen."""

from dataclasses import replace
from fractions import Fraction
from itertools import islice, pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facewright.errors import InputError
from facewright.media.clips.timing import Timeline, find_times
from facewright.media.encode_video import write_clip
from facewright.media.video import read_clip
from facewright.types import Clip

NTSC = Fraction(30_000, 1001)


def shown(path):
    """When each frame of a file is shown, in seconds from the first, and how long the last is."""
    with av.open(str(path)) as source:
        packets = [p for p in source.demux(video=0) if p.pts is not None]
    times = sorted(p.pts * p.time_base for p in packets)
    last = max(packets, key=lambda p: p.pts)
    return [time - times[0] for time in times], last.duration * last.time_base


def remake(source, target):
    """Read a clip and write it, through a function of each frame."""
    clip = read_clip(source)
    changed = replace(clip, frames=(255 - image for image in clip.frames))
    return write_clip(changed, target, target.suffix[1:], text="{}")


def test_varying_rates_survive(tmp_path, record):
    times = [0, 40, 80, 120, 400, 447, 480, 500, 2500]
    record(tmp_path / "x.mp4", times)
    assert remake(tmp_path / "x.mp4", tmp_path / "y.mp4") == len(times)
    assert shown(tmp_path / "y.mp4")[0] == [Fraction(time, 1000) for time in times]
    assert len(list(read_clip(tmp_path / "y.mp4").frames)) == len(times)


def test_varying_rates_survive_in_a_gif(tmp_path, record):
    record(tmp_path / "x.mp4", [0, 40, 200, 240])
    remake(tmp_path / "x.mp4", tmp_path / "y.gif")
    assert shown(tmp_path / "y.gif")[0] == [Fraction(time, 100) for time in (0, 4, 20, 24)]


@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), NTSC, Fraction(30), Fraction(60)])
@pytest.mark.parametrize("form", ["mkv", "mp4", "avi"])
def test_constant_rates_stay_exact(tmp_path, record, rate, form):
    path = tmp_path / f"x.{form}"
    record(path, range(20), base=1 / rate, rate=rate)
    remake(path, tmp_path / "y.mp4")
    times, last = shown(tmp_path / "y.mp4")
    assert times == [number / rate for number in range(20)]
    assert last == 1 / rate
    assert read_clip(tmp_path / "y.mp4").rate == rate


def test_a_frame_that_a_camera_missed_leaves_a_gap(tmp_path, record):
    numbers = [0, 1, 2, 3, 5, 6, 7]
    record(tmp_path / "x.mp4", numbers, base=1 / NTSC, rate=NTSC)
    remake(tmp_path / "x.mp4", tmp_path / "y.mp4")
    assert shown(tmp_path / "y.mp4")[0] == [number / NTSC for number in numbers]


def test_gif_keeps_frames_that_look_the_same(tmp_path):
    images = iter([np.full((16, 16, 3), 9, np.uint8)] * 21)
    write_clip(Clip((16, 16), Fraction(30), images), tmp_path / "x.gif", "gif", text="{}")
    times, last = shown(tmp_path / "x.gif")
    assert times == [Fraction(round(100 * number / 30), 100) for number in range(21)]
    assert times[-1] + last == Fraction(7, 10)


@given(
    st.sampled_from([NTSC, Fraction(25), Fraction(17, 3), Fraction(99_991, 3333)]),
    st.sampled_from([Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 10_000_000), 1 / NTSC]),
    st.lists(st.none() | st.integers(-(2**62), 2**62) | st.integers(0, 5000), max_size=20),
)
def test_times_rise_whatever_a_file_says(rate, base, units):
    timeline = Timeline(rate, base)
    placed = [timeline.place(pts) for pts in units]
    assert placed[:1] in ([0], [])
    assert all(a < b for a, b in pairwise(placed))
    assert all((b - a) * timeline.tick <= 601 for a, b in pairwise(placed))


def test_times_that_are_missing_or_forged_are_one_frame_later():
    timeline = Timeline(Fraction(25), Fraction(1, 1000))
    units = [0, 40, None, 120, 10**12, 10**12 + 40, 10**12 + 20, 3, 43]
    placed = [timeline.place(pts) * timeline.tick * 1000 for pts in units]
    assert placed == [0, 40, 80, 120, 160, 200, 201, 241, 281]


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_slide_may_stand_for_an_hour_where_the_file_has_an_index(tmp_path, ending):
    times = [0, 1, 2, 3602, 3603, 3604]
    with av.open(str(tmp_path / f"x.{ending}"), "w") as out:
        stream = out.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for time in times:
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 99, np.uint8), format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    clip = read_clip(tmp_path / f"x.{ending}")
    assert len(list(clip.frames)) == len(times)
    assert [time * clip.tick for time in clip.times] == times


def test_times_that_do_not_rise_or_are_too_few_are_refused():
    clip = Clip((2, 2), Fraction(25), iter([]), times=iter([0, 2, 2]), tick=Fraction(1, 9))
    times, _ = find_times(clip)
    assert list(islice(times, 2)) == [0, 2]
    with pytest.raises(InputError, match="2 ticks after one at 2"):
        next(times)
    with pytest.raises(InputError, match="more frames than times"):
        next(find_times(replace(clip, times=iter([])))[0])
    with pytest.raises(InputError, match="tick"):
        find_times(replace(clip, tick=None))
