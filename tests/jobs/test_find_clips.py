"""Faces of a clip keep their numbers, frame by frame."""

import json
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import InputError
from facewright.jobs.commands.photos.find import Find, FindOptions
from facewright.jobs.run import run
from facewright.media.video import read_clip
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.types import Clip, Manifest

FRAMES, SIZE = 12, (64, 96)


@pytest.fixture
def clip(paint, tmp_path):
    """A block that moves to the right, and a larger one from the seventh frame on."""
    images = []
    for number in range(FRAMES):
        moving = (8 + number, 8, 23 + number, 27)
        boxes = [moving] if number < 6 else [moving, (60, 20, 85, 55)]
        images.append(paint(*boxes, size=SIZE))
    path = tmp_path / "in" / "walk.mp4"
    size = (SIZE[1], SIZE[0])
    return publish_clip(Clip(size, Fraction(25), iter(images)), path, Manifest("test", {}))


@pytest.fixture
def search(find):
    """Find red blocks in some sources."""

    def run_it(*sources, progress=None, **options):
        named = [str(source) for source in sources]
        return run(Find(FindOptions(**options), progress, find), named)

    return run_it


def count(found):
    """Return how many faces there are in pictures."""
    return sum(len(picture.faces) for picture in found.pictures)


def test_a_clip_becomes_a_clip_of_as_many_frames(search, clip, tmp_path):
    found = search(clip, out=tmp_path / "out.mp4")
    drawn = read_clip(tmp_path / "out.mp4")
    assert (drawn.size, drawn.rate) == ((96, 64), 25)
    pairs = list(zip(drawn.frames, read_clip(clip).frames, strict=True))
    assert len(pairs) == FRAMES
    assert all(np.abs(one.astype(int) - other).max() > 100 for one, other in pairs)
    (filmed,) = found.clips
    assert (filmed.frames, filmed.frames_with_faces, filmed.people) == (FRAMES, FRAMES, 2)
    assert (filmed.width, filmed.height, count(found), found.failed) == (96, 64, 0, False)
    manifest = read_manifest(tmp_path / "out.mp4")
    assert (manifest.task, list(manifest.sources)) == ("find", ["picture/walk.mp4"])


def test_every_frame_has_a_line_in_which_numbers_stay(search, clip, tmp_path):
    search(clip.parent, out=tmp_path / "found")
    assert (tmp_path / "found" / "walk.mp4").is_file()
    lines = (tmp_path / "found" / "faces.jsonl").read_text().splitlines()
    frames = [json.loads(line) for line in lines]
    assert [one["frame"] for one in frames] == list(range(FRAMES))
    assert frames[5]["seconds"] == 0.2
    first = [{face["number"]: face["box"] for face in one["faces"]} for one in frames]
    assert [sorted(one) for one in first] == [[1]] * 6 + [[1, 2]] * 6
    ways = [one[1][0] for one in first]
    assert ways == sorted(ways)
    assert ways[-1] > ways[0] + 8


def test_frames_keep_their_times_and_the_clip_its_length(search, paint, tmp_path):
    ticks = [0, 1, 2, 10, 11]
    images = (paint((8, 8, 23, 27), size=SIZE) for _ in ticks)
    size, tick = (SIZE[1], SIZE[0]), Fraction(1, 25)
    uneven = Clip(size, Fraction(10), images, times=iter(ticks), tick=tick)
    path = publish_clip(uneven, tmp_path / "uneven.mp4", Manifest("test", {}))
    search(path, out=tmp_path / "found")
    lines = (tmp_path / "found" / "faces.jsonl").read_text().splitlines()
    assert [json.loads(line)["seconds"] for line in lines] == [0, 0.04, 0.08, 0.4, 0.44]
    drawn = read_clip(tmp_path / "found" / "uneven.mp4")
    frames, scale = list(drawn.frames), drawn.tick
    assert [next(drawn.times) * scale for _ in frames] == [Fraction(t, 25) for t in ticks]


def test_the_sound_goes_along(search, clip, tmp_path):
    with av.open(str(clip)) as silent, av.open(str(tmp_path / "talk.mp4"), "w") as out:
        pictures = out.add_stream_from_template(silent.streams.video[0])
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, number * 1024
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
        for packet in silent.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                out.mux(packet)
    search(tmp_path / "talk.mp4", out=tmp_path / "found.mp4")
    with av.open(str(tmp_path / "found.mp4")) as found:
        assert len([packet for packet in found.demux(audio=0) if packet.size]) > 15


def test_frames_are_looked_at_several_at_a_time(search, clip, detector):
    told = []
    search(clip, progress=lambda done, total: told.append((done, total)))
    assert [count for count, _, _ in detector.asked] == [8, 4]
    assert told == [(number, FRAMES) for number in range(1, FRAMES + 1)]


def test_a_limit_ends_a_clip_early(search, clip, tmp_path):
    found = search(clip, out=tmp_path / "out.mp4", limit=3)
    assert found.clips[0].frames == 3
    assert len(list(read_clip(tmp_path / "out.mp4").frames)) == 3


def test_without_drawing_only_the_lines_are_written(search, clip, tmp_path):
    found = search(clip, out=tmp_path / "faces.jsonl", points="five")
    assert found.files == [tmp_path / "faces.jsonl"]
    assert len((tmp_path / "faces.jsonl").read_text().splitlines()) == FRAMES


def test_a_clip_that_is_cut_short_is_named_and_the_rest_goes_on(search, clip, paint, tmp_path):
    whole = clip.read_bytes()
    (clip.parent / "short.mp4").write_bytes(whole[: len(whole) // 3])
    Pillow.fromarray(paint((5, 5, 24, 30))).save(clip.parent / "zz.png")
    found = search(clip.parent, out=tmp_path / "found")
    assert [one.source for one in found.refused] == [str(clip.parent / "short.mp4")]
    assert found.failed
    assert [one.people for one in found.clips] == [2]
    assert count(found) == 1
    assert not (tmp_path / "found" / "short.mp4").exists()


def test_a_clip_is_not_written_as_a_picture_nor_over_itself(search, clip):
    with pytest.raises(InputError, match="is a clip"):
        search(clip, out=clip.with_name("x.png"))
    with pytest.raises(InputError, match="the source itself"):
        search(clip, out=clip, overwrite=True)
