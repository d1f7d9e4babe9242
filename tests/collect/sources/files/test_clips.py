"""Frames are taken out of clips."""

from fractions import Fraction

import numpy as np
import pytest

from facewright.collect.library.folder import read_records
from facewright.collect.library.journal import read_journal
from facewright.collect.sources.files.clips import measure_focus, read_frames
from facewright.collect.sources.items import Item, Known, Limits, Note, Reading, Refusal
from facewright.collect.sources.web.fetch import FetchPolicy
from facewright.errors import InputError
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.types import Clip, Manifest


@pytest.fixture
def clip(tmp_path, paint):
    """Three shots of ten frames; in each, all but the fifth frame are blurred."""
    frames = []
    for seed in range(3):
        sharp = paint(seed, (64, 64))
        even = np.full_like(sharp, sharp.mean())
        blurred = (0.1 * sharp + 0.9 * even).astype(np.uint8)
        frames += [sharp if number == 5 else blurred for number in range(10)]
    path = tmp_path / "clip.mp4"
    return publish_clip(Clip((64, 64), Fraction(10), iter(frames)), path, Manifest("test", {}))


def test_every_tenth_frame_is_taken(clip, reading):
    *items, note = list(read_frames(clip, reading(every=10)))
    assert [item.source for item in items] == [f"{clip}#{n}" for n in (0, 10, 20)]
    assert all(isinstance(item, Item) for item in items)
    assert isinstance(note, Note)


def test_sharpest_frame_after_each_cut_is_taken(tmp_path, reading, paint):
    shots = [paint(7, (64, 64)) // 4, 255 - paint(8, (64, 64)) // 4]
    frames = []
    for shot in shots:
        even = np.full_like(shot, round(float(shot.mean())))
        blurred = (0.1 * shot + 0.9 * even).astype(np.uint8)
        frames += [shot if number == 5 else blurred for number in range(10)]
    path = tmp_path / "clip.mp4"
    publish_clip(Clip((64, 64), Fraction(10), iter(frames)), path, Manifest("test", {}))
    items = list(read_frames(path, reading(after_cuts=True)))[:-1]
    assert [item.source for item in items] == [f"{path}#{n}" for n in (5, 15)]


def test_shots_of_the_same_brightness_are_told_apart(tmp_path, reading, paint):
    frames = [paint(seed, (64, 64)) for seed in range(3) for _ in range(10)]
    path = tmp_path / "clip.mp4"
    publish_clip(Clip((64, 64), Fraction(10), iter(frames)), path, Manifest("test", {}))
    items = list(read_frames(path, reading(after_cuts=True)))[:-1]
    assert [int(item.source.rpartition("#")[2]) // 10 for item in items] == [0, 1, 2]


def test_frames_say_which_clip_they_are_from(clip, gather, tmp_path):
    assert gather(clip, limits=Limits(every=10)).added == 3
    record = read_records(tmp_path / "library")[1]
    manifest = read_manifest(tmp_path / "library" / record.file)
    assert (manifest.task, manifest.parameters) == ("collect", {"frame": 10})
    assert list(manifest.sources) == ["clip.mp4"]
    again = gather(clip, limits=Limits(every=10))
    assert (again.known, again.added) == (1, 0)  # the clip as a whole, undecoded
    seen = read_frames(clip, reading=_known(tmp_path))
    assert [type(one) for one in seen] == [Known]


def _known(tmp_path):
    entries = read_journal(tmp_path / "library" / "seen.jsonl")
    seen = {entry["key"]: entry for entry in entries}
    return Reading(Limits(every=10), FetchPolicy(), seen, lambda _: {}, tmp_path / "library")


def test_clip_that_is_damaged_or_empty_is_named(clip, gather, reading):
    clip.write_bytes(clip.read_bytes()[:200])
    (refusal,) = read_frames(clip, reading(every=10))
    assert refusal.reason.startswith(("has no pictures in it", "is damaged"))
    assert gather(clip).refused[0].source == str(clip)
    clip.write_bytes(b"")
    assert list(read_frames(clip, reading())) == [Refusal(str(clip), "is empty")]


def test_every_zeroth_frame_makes_no_sense(clip, reading):
    with pytest.raises(InputError, match="is invalid"):
        list(read_frames(clip, reading(every=0)))


def test_sharpness_falls_with_blur(paint):
    image = paint(1, (64, 64))
    assert measure_focus(np.full_like(image, 9)) == 0
    assert measure_focus(image // 4) < measure_focus(image)


def test_clip_that_breaks_off_is_taken_as_far_as_it_goes_and_named(clip, reading):
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) * 3 // 4])
    *frames, refusal = read_frames(clip, reading(every=1))
    assert frames
    assert "breaks off after" in refusal.reason
