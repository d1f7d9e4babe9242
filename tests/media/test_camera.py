"""A camera shows what is there now."""

import contextlib
import errno
import threading
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from facewright.errors import FileError, InputError
from facewright.media.camera import _told, latest, open_camera
from facewright.media.encode_video import write_clip


class Clock:
    """Time that passes only while someone sleeps or works."""

    def __init__(self):
        self.time = 100.0

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += seconds


def watch(path, clock, **options):
    return open_camera(f"camera:{path}", now=clock.now, sleep=clock.sleep, **options)


def test_a_clip_plays_at_its_own_times(tmp_path, record):
    times = [0, 40, 80, 200, 240]
    record(tmp_path / "x.mp4", times)
    clock = Clock()
    clip = watch(tmp_path / "x.mp4", clock, loop=False)
    assert (clip.size, clip.sound, clip.tick) == ((32, 24), None, Fraction(1, 1000))
    seen = [(next(clip.times), round((clock.time - 100) * 1000)) for _ in clip.frames]
    assert seen == [(time, time) for time in times]


def test_a_clip_plays_again_and_again(tmp_path, record):
    record(tmp_path / "x.mp4", [0, 40, 80])
    clip = watch(tmp_path / "x.mp4", Clock())
    seen = [(next(clip.times), image.mean()) for image in islice(clip.frames, 7)]
    assert [time for time, _ in seen] == [0, 40, 80, 120, 160, 200, 240]
    assert len({mean for _, mean in seen}) == 3


def test_frames_that_are_late_are_left_out(tmp_path, record):
    record(tmp_path / "x.mp4", range(0, 1000, 40))
    clock = Clock()
    clip = watch(tmp_path / "x.mp4", clock, loop=False)
    count = 0
    for _ in clip.frames:
        clock.time += 0.2  # slow work
        count += 1
    assert count == 5
    assert clock.time - 100 == pytest.approx(1, abs=0.2)


def test_what_a_camera_saw_can_be_written(tmp_path, record):
    record(tmp_path / "x.mp4", [0, 40, 80])
    clip = watch(tmp_path / "x.mp4", Clock(), loop=False)
    assert write_clip(clip, tmp_path / "y.mp4", "mp4", text="{}") == 3


@pytest.mark.parametrize("name", ["camera:", "0", "clip.mp4", ""])
def test_names_of_no_camera_are_refused(name):
    with pytest.raises(InputError, match="names no camera") as caught:
        open_camera(name)
    assert "camera:0" in caught.value.hint


def test_clips_that_are_not_there_or_no_clips_are_errors(tmp_path):
    with pytest.raises(FileError, match=r"none\.mp4 is neither") as caught:
        open_camera(f"camera:{tmp_path / 'none.mp4'}")
    assert "camera:0" in caught.value.hint
    (tmp_path / "x.mp4").write_text("no clip" * 99)
    with pytest.raises(FileError, match="not a clip"):
        open_camera(f"camera:{tmp_path / 'x.mp4'}")


@pytest.mark.parametrize("name", ["camera:97", "camera:/dev/video97"])
def test_a_camera_that_is_not_there_is_one_clear_error(name):
    with pytest.raises(InputError, match="camera 97") as caught:
        open_camera(name)
    assert "camera:clip.mp4" in caught.value.hint


@pytest.mark.parametrize(
    ("code", "reason", "hint"),
    [
        (errno.EBUSY, "in use by another program", "close the program"),
        (errno.EACCES, "may not be used", "group `video`"),
        (errno.ENODEV, "is not there", "camera:clip.mp4"),
        (errno.EIO, "gives no pictures: broken", "camera:clip.mp4"),
    ],
)
def test_every_trouble_has_a_reason_and_a_hint(code, reason, hint):
    with pytest.raises(InputError, match=f"camera 0 .*{reason}") as caught, _told("0"):
        raise OSError(code, "broken")
    assert hint in caught.value.hint


def test_only_the_latest_is_handed_out():
    seen = threading.Event()
    more = threading.Event()

    def items():
        yield 0
        more.wait(5)
        yield from (1, 2, 3)
        seen.set()

    handed = latest(items())
    first = next(handed)
    more.set()
    assert seen.wait(5)
    assert [first, *handed] == [0, 3]


def test_what_goes_wrong_in_the_background_is_raised():
    def items():
        yield np.zeros(1)
        raise OSError(errno.ENODEV, "unplugged")

    with pytest.raises(OSError, match="unplugged"):
        list(latest(items()))


def test_closing_ends_the_reading():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 1
        finally:
            closed.set()

    with contextlib.closing(latest(items())) as handed:
        assert next(handed) == 1
    assert closed.wait(5)
