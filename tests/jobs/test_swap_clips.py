"""A face goes onto every frame of a clip: steady, in time, in constant memory."""

import os
import resource
import signal
from fractions import Fraction

import av
import numpy as np
import pytest

from facewright.errors import BrokenClipError, FileError, InputError
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.pipelines.configs import SwapConfig
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.inputs import read_picture
from facewright.pipelines.photos.portraits import Portrait, join_portraits
from facewright.pipelines.photos.swap import SwapPipeline
from facewright.pipelines.pipeline import Tally, step_through
from facewright.pipelines.result import Ingredients
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.types import Clip, Manifest

SIZE = (96, 128)
EXACT = Fraction(30000, 1001)


@pytest.fixture
def film(paint, tmp_path):
    """Write a clip of a block that moves; None in `places` is a frame without it."""

    def make(places, *, name="body.mp4", rate=EXACT, **times):
        boxes = [[] if x is None else [(x, 20, x + 35, 65)] for x in places]
        images = (paint(*box, size=SIZE) for box in boxes)
        clip = Clip((SIZE[1], SIZE[0]), rate, images, **times)
        return publish_clip(clip, tmp_path / name, Manifest("test", {}))

    return make


@pytest.fixture
def swap(swap, portrait, tmp_path):
    """Swap the portrait onto a clip with red blocks for faces."""

    def run(body, **options):
        return swap(portrait, body, **{"out": tmp_path / "out.mp4", **options})

    return run


def test_rate_size_and_length_stay(swap, film):
    told = []
    swapped = swap(film(range(20, 32)), progress=lambda done, total: told.append((done, total)))
    made = read_clip(swapped.files[0])
    assert (made.rate, made.size) == (EXACT, (SIZE[1], SIZE[0]))
    assert len(list(made.frames)) == 12
    (clip,) = swapped.clips
    assert (clip.frames, clip.changed) == (12, 12)
    assert told == [(number, 12) for number in range(1, 13)]
    manifest = read_manifest(swapped.files[0])
    assert (manifest.task, manifest.consent, manifest.parameters["body"]) == (
        "swap",
        "self",
        "body.mp4",
    )


def test_every_frame_is_swapped_and_nothing_else_changes(swap, film):
    body = film(range(20, 28))
    swapped = swap(body, match_colour=False, blend="feather")
    pairs = zip(read_clip(body).frames, read_clip(swapped.files[0]).frames, strict=True)
    for number, (before, after) in enumerate(pairs):
        difference = np.abs(before.astype(int) - after).max(-1)
        inside = difference[24:62, 24 + number : 52 + number]
        assert inside.max() > 25
        assert difference[:, 80:].max() < 8  # but for what H.264 does


def test_frames_without_a_face_pass_through_and_are_counted(swap, film):
    swapped = swap(film([20] * 4 + [None] * 12 + [20] * 4))
    (clip,) = swapped.clips
    assert clip.frames == 20
    missed = clip.frames - clip.changed
    assert 7 <= missed <= 12
    assert swapped.lines[:2] == [
        f"{clip.name}: {clip.changed} of 20 frames swapped",
        f"{missed} frames without a face to swap, left as before",
    ]


def test_times_of_a_variable_rate_stay(swap, film):
    ticks = [0, 1, 2, 10, 11, 30]
    body = film([20] * 6, rate=Fraction(10), times=iter(ticks), tick=Fraction(1, 25))
    made = read_clip(swap(body).files[0])
    count = len(list(made.frames))
    assert [next(made.times) * made.tick for _ in range(count)] == [Fraction(t, 25) for t in ticks]


def test_the_sound_goes_along(swap, film, tmp_path):
    with av.open(str(film([20] * 12))) as silent, av.open(str(tmp_path / "talk.mp4"), "w") as out:
        pictures = out.add_stream_from_template(silent.streams.video[0])
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        for number in range(18):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, number * 1024
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
        for packet in silent.demux(video=0):
            if packet.dts is not None:
                packet.stream = pictures
                out.mux(packet)
    swap(tmp_path / "talk.mp4")

    def packets(path):
        with av.open(str(path)) as file:
            return [bytes(packet) for packet in file.demux(audio=0) if packet.size]

    before, after = packets(tmp_path / "talk.mp4"), packets(tmp_path / "out.mp4")
    assert len(after) > 15
    assert after == before[: len(after)]


def test_a_turned_clip_is_swapped_upright(swap, film, tmp_path):
    with av.open(str(film([20] * 4))) as flat, av.open(str(tmp_path / "turned.mp4"), "w") as out:
        stream = out.add_stream_from_template(flat.streams.video[0])
        for packet in flat.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    data = bytearray((tmp_path / "turned.mp4").read_bytes())
    plain = np.array([65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30], ">i4").tobytes()
    quarter = np.array([0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
    header = data.index(b"tkhd")
    place = data.index(plain, header)
    data[place : place + 36] = quarter
    (tmp_path / "turned.mp4").write_bytes(data)
    assert read_clip(tmp_path / "turned.mp4").size == SIZE
    swapped = swap(tmp_path / "turned.mp4")
    assert read_clip(swapped.files[0]).size == SIZE
    assert swapped.clips[0].changed == 4


class Now:
    """Finds one face in every fortieth frame, which is quicker than to swap all."""

    def __init__(self, face):
        self.face, self.asked = face, 0

    def find(self, images, **_options):
        self.asked += 1
        return [[self.face] if self.asked % 40 == 0 else [] for _ in images]

    def follow(self, images, _faces):
        return self.find(images)


def test_2000_frames_take_no_more_memory_than_200(detector, portrait, paint):
    image = paint((20, 20, 55, 65), size=SIZE)
    (face,) = detector.find([image])[0]
    pipeline = SwapPipeline(find=FindPipeline(finder=Now(face), device="cpu"), device="cpu")
    pasted = Portrait(read_picture(portrait), detector.find([read_image(portrait)])[0][0])
    prepared = join_portraits([pasted], Ingredients(), SwapConfig())
    session, tally = pipeline.start(prepared), Tally()
    clip = Clip((SIZE[1], SIZE[0]), Fraction(25), (image.copy() for _ in range(2000)), count=2000)
    peaks = []
    for number, _ in enumerate(step_through(session, clip, tally).frames, 1):
        if number in (200, 2000):
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert (tally.frames, tally.changed < 1000) == (2000, True)
    assert peaks[1] - peaks[0] < 20_000  # kB; 1,800 frames would take 66,000


def test_ctrl_c_leaves_a_clip_that_plays(swap, film):
    def interrupt(done, _total):
        if done == 5:
            os.kill(os.getpid(), signal.SIGINT)

    swapped = swap(film([20] * 40), progress=interrupt)
    assert not swapped.finished
    count = len(list(read_clip(swapped.files[0]).frames))
    assert 5 <= count < 40
    assert read_manifest(swapped.files[0]).parameters["stopped_after"] == count


def test_a_clip_without_any_face_leaves_no_file(swap, film, tmp_path):
    with pytest.raises(InputError, match="no face was found in 5 frames") as caught:
        swap(film([None] * 5))
    assert caught.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["body.mp4"]


def test_of_two_people_the_chosen_one_is_covered(swap, paint, tmp_path):
    images = (paint((5, 20, 40, 65), (80, 20, 115, 65), size=SIZE) for _ in range(4))
    clip = Clip((SIZE[1], SIZE[0]), Fraction(25), images)
    body = publish_clip(clip, tmp_path / "two.mp4", Manifest("test", {}))
    made = swap(body, faces="left", match_colour=False, blend="feather").files[0]
    for before, after in zip(read_clip(body).frames, read_clip(made).frames, strict=True):
        changed = np.abs(before.astype(int) - after).max(-1)
        assert changed[24:62, 8:36].mean() > 3 * changed[24:62, 83:111].mean()  # of H.264


def test_flicker_is_measured(swap, film):
    swapped = swap(film([20 + n % 3 for n in range(15)]))
    flicker = swapped.clips[0].measurements["flicker"]
    assert min(flicker.values()) > 0
    assert "flicker (change of the face from frame to frame" in swapped.lines[-1]


def test_clips_that_are_none_are_named(swap, film, tmp_path):
    (tmp_path / "noise.mp4").write_bytes(b"noise" * 100)
    with pytest.raises(FileError, match=r"noise\.mp4"):
        swap(tmp_path / "noise.mp4")
    with av.open(str(tmp_path / "song.mp4"), "w") as out:
        sound = out.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 48_000
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    with pytest.raises(FileError, match=r"song\.mp4 has no pictures in it, only sound"):
        swap(tmp_path / "song.mp4")
    whole = film([20] * 30).read_bytes()
    (tmp_path / "short.mp4").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(FileError, match=r"short\.mp4"):
        swap(tmp_path / "short.mp4")
    with pytest.raises(InputError, match="would be a picture"):
        swap(tmp_path / "body.mp4", out=tmp_path / "x.png")
    assert not (tmp_path / "out.mp4").exists()


def test_a_gif_becomes_a_gif(swap, film, tmp_path):
    body = film([20] * 4, name="body.gif", rate=Fraction(10))
    swapped = swap(body, out=tmp_path / "out.gif", faces="largest")
    assert len(list(read_clip(swapped.files[0]).frames)) == 4


def test_a_body_that_breaks_off_is_swapped_as_far_as_it_goes_and_told(swap, film, tmp_path):
    body = film(range(10, 40))
    data = body.read_bytes()
    body.write_bytes(data[: -len(data) // 6])
    with pytest.raises(BrokenClipError, match="breaks off after"):
        swap(body)
    assert 5 <= len(list(read_clip(tmp_path / "out.mp4").frames)) < 30
    swapped = swap(body, lenient=True, overwrite=True)
    assert 5 <= swapped.clips[0].frames < 30
