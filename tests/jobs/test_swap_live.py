"""A face goes onto whoever a camera sees, and someone watches."""

import os
import resource
import signal
from fractions import Fraction

import numpy as np
import pytest
from tests.jobs.watcher import Watcher

from facewright.errors import FileError, InputError
from facewright.live.session import LiveSession, Watched
from facewright.live.watch import ShowOptions, watch_live
from facewright.media.video import read_clip
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.types import Clip, Manifest


@pytest.fixture
def clip(paint, tmp_path):
    """A clip of a red block, and one of a second one for a while."""
    boxes = [[(20 + n, 20, 55 + n, 65)] + [(90, 30, 110, 60)] * (n > 5) for n in range(12)]
    images = (paint(*one, size=(96, 128)) for one in boxes)
    made = Clip((128, 96), Fraction(50), images)
    return publish_clip(made, tmp_path / "clip.mp4", Manifest("test", {}))


@pytest.fixture
def swap(swap, portrait, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(body, watcher, **options):
        viewer = watcher and watcher.open
        return swap(portrait, body, viewer=viewer, **{"out": None, **options})

    return run


def test_a_camera_is_swapped_shown_and_kept(swap, clip):
    def press(live, view):
        if view.number == 2:
            live.take_snapshot()
            live.start_recording()

    watcher = Watcher(8, press)
    watched = swap(f"camera:{clip}", watcher, show=True)
    assert isinstance(watched, Watched)
    assert (watched.frames, watched.with_faces) == (8, 8)
    assert [path.as_posix() for path in watched.files] == [
        "live/snapshot-0001.png",
        "live/recording-0001.mp4",
    ]
    for path in watched.files:
        told = read_manifest(path)
        assert (told.task, told.consent) == ("swap", "self")
        assert told.parameters["body"] == f"camera:{clip.name}"
        assert not {"show", "port", "open", "out"} & set(told.parameters)
    assert sum(1 for _ in read_clip(watched.files[1]).frames) == 7
    seconds = [view[2] for view in watcher.views]
    assert seconds == sorted(set(seconds))


def test_who_walks_past_ends_nothing(swap, clip):
    watcher = Watcher(30)  # the clip begins again
    assert swap(f"camera:{clip}", watcher, show=True).with_faces == 30
    assert {view[1] for view in watcher.views} == {1}


def test_without_a_page_a_camera_is_written_until_ctrl_c(swap, clip, tmp_path):
    def interrupt(done, _total):
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    swapped = swap(f"camera:{clip}", None, out=tmp_path / "out.mp4", progress=interrupt)
    assert not swapped.finished
    assert sum(1 for _ in read_clip(swapped.files[0]).frames) >= 5


def test_a_camera_is_shown_and_written_at_once(swap, clip, tmp_path):
    def press(_live, view):
        if view.number == 9:
            os.kill(os.getpid(), signal.SIGINT)

    watcher = Watcher(1000, press)
    out = tmp_path / "out.mp4"
    swapped = swap(f"camera:{clip}", watcher, out=out, show=True)
    assert swapped.files == [out]
    assert sum(1 for _ in read_clip(out).frames) == len(watcher.views) >= 9
    assert read_manifest(out).parameters["body"] == f"camera:{clip.name}"


def test_reading_along_changes_nothing_of_the_result(swap, clip, tmp_path):
    watcher = Watcher()
    swap(str(clip), None, out=tmp_path / "a.mp4", faces="largest")
    swap(str(clip), watcher, out=tmp_path / "b.mp4", faces="largest", show=True)
    assert digest_unsigned(tmp_path / "a.mp4") == digest_unsigned(tmp_path / "b.mp4")
    assert len(watcher.views) == 12
    assert watcher.live.describe().total == 12


@pytest.mark.parametrize(
    ("body", "options", "kind", "error"),
    [
        ("camera:none.mp4", {"show": True}, FileError, "neither the number of a camera nor a clip"),
        ("camera:98", {"show": True}, InputError, "camera 98 is not there"),
        ("camera:0", {"show": True, "out": "x.png"}, InputError, "x.png is a file"),
        ("camera:0", {}, InputError, "nothing says where the result goes"),
        ("camera:0", {"show": True, "port": 70_000}, InputError, "--port is 0 to 65535"),
    ],
)
def test_mistakes_with_cameras_are_told(swap, tmp_path, body, options, kind, error):
    if "out" in options:
        options = {**options, "out": tmp_path / options["out"]}
    with pytest.raises(kind, match=error) as caught:
        swap(body, Watcher(), **options)
    assert caught.value.hint


def test_without_a_viewer_nothing_can_be_shown(swap, clip):
    with pytest.raises(InputError, match="nothing is there that could show") as caught:
        swap(f"camera:{clip}", None, show=True)
    assert "open_page" in caught.value.hint


def endless(shape=(24, 32, 3)):
    image = np.zeros(shape, np.uint8)
    while True:
        yield image


def watch(watcher, folder, frames, effect=lambda image, _seconds: (image, 0)):
    live = LiveSession(Manifest("swap", {}), folder, rate=Fraction(50))
    clip = Clip((32, 24), Fraction(50), frames)
    return watch_live(clip, effect, live, watcher.open, ShowOptions())


def test_ctrl_c_leaves_a_recording_that_plays(tmp_path):
    def press(live, view):
        if view.number == 1:
            live.start_recording()
        if view.number == 9:
            os.kill(os.getpid(), signal.SIGINT)

    watched = watch(Watcher(1000, press), tmp_path, endless())
    assert (watched.frames, watched.with_faces) == (9, 0)
    assert sum(1 for _ in read_clip(watched.files[0]).frames) == 9


def test_an_effect_that_fails_leaves_a_recording_that_plays(tmp_path):
    def fail(image, seconds):
        if seconds > 0.1:
            raise InputError("no more")
        return image, 1

    watcher = Watcher(1000, lambda live, _: live.start_recording())
    with pytest.raises(InputError, match="no more"):
        watch(watcher, tmp_path, endless(), fail)
    (path,) = tmp_path.iterdir()
    assert sum(1 for _ in read_clip(path).frames) == 6


def test_the_camera_is_freed_at_the_end(tmp_path):
    freed = []

    def frames():
        try:
            yield from endless()
        finally:
            freed.append(True)

    watch(Watcher(3), tmp_path, frames())
    assert freed == [True]


def test_frames_that_change_their_size_end_the_recording_only(tmp_path):
    sizes = iter([(24, 32, 3)] * 4 + [(48, 32, 3)] * 4)
    frames = (np.zeros(size, np.uint8) for size in sizes)

    def press(live, view):
        if view.number == 1:
            live.start_recording()

    watcher = Watcher(1000, press)
    watched = watch(watcher, tmp_path, frames)
    assert (watched.frames, watched.files) == (8, [])
    assert "a frame of 32 by 48" in watcher.live.describe().problem
    assert list(tmp_path.iterdir()) == []


def test_a_long_recording_takes_no_more_memory_than_a_short_one(tmp_path):
    peaks = []

    def press(live, view):
        if view.number == 1:
            live.start_recording()
        if view.number in (100, 1000):
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    frames = (np.zeros((96, 128, 3), np.uint8) for _ in range(1000))
    watched = watch(Watcher(2000, press), tmp_path, frames)
    assert sum(1 for _ in read_clip(watched.files[0]).frames) == 1000
    assert peaks[1] - peaks[0] < 12_000  # kB; 900 frames would take 33,000
