"""Frames that have the lines of two moments come without a comb, whether they say so or not."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from facewright.media.clips.pixels import open_reader
from facewright.media.encode_video import write_clip
from facewright.media.video import read_clip

SIZE = (96, 64)


def draw_moment(number):
    """A bright bar that moves by 3 pixels from field to field."""
    image = np.full((SIZE[1], SIZE[0], 3), 40, np.uint8)
    image[:, 10 + 3 * number : 26 + 3 * number] = 220
    return image


def write_interlaced(path, codec, *, top_first=True, count=6, marked=True):
    with av.open(str(path), "w") as out:
        options = {"flags": "+ilme+ildct"} if marked else {}
        if codec == "libx264" and marked:
            options = {"x264-params": f"{'tff' if top_first else 'bff'}=1", "crf": "4"}
        if codec == "mpeg2video":
            options |= {"b": "4M", "field_order": "tt" if top_first else "bb"}
        stream = out.add_stream(codec, rate=25, options=options)
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
        source = av.filter.Graph()
        entry = source.add(
            "buffer", f"video_size={SIZE[0]}x{SIZE[1]}:pix_fmt=yuv420p:time_base=1/25"
        )
        mark = source.add("setfield", ("tff" if top_first else "bff") if marked else "prog")
        end = source.add("buffersink")
        entry.link_to(mark)
        mark.link_to(end)
        source.configure()
        for number in range(count):
            first, second = draw_moment(2 * number), draw_moment(2 * number + 1)
            image = first.copy()
            image[1 if top_first else 0 :: 2] = second[1 if top_first else 0 :: 2]
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            entry.push(frame)
            out.mux(stream.encode(end.pull()))
        out.mux(stream.encode(None))


def measure_comb(image):
    """How much more neighbouring lines differ than every second one does."""
    grey = image[..., 1].astype(int)
    return np.abs(grey[1:] - grey[:-1]).mean() - np.abs(grey[2:] - grey[:-2]).mean()


@pytest.mark.parametrize("top_first", [True, False])
@pytest.mark.parametrize(("codec", "ending"), [("libx264", "mp4"), ("mpeg2video", "mpg")])
def test_combs_are_gone_and_times_stay(tmp_path, codec, ending, top_first):
    path = tmp_path / f"x.{ending}"
    write_interlaced(path, codec, top_first=top_first)
    with av.open(str(path)) as file:
        raw = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    clip = read_clip(path)
    images = list(clip.frames)
    assert max(measure_comb(image) for image in raw) > 10
    assert max(measure_comb(image) for image in images) < 2
    assert len(images) == len(raw)
    assert [time * clip.tick * 25 for time in clip.times] == list(range(len(raw)))
    for number, image in enumerate(images[1:-1], start=1):  # the moment is that of the first field
        bright = np.flatnonzero(image[32, :, 1] > 130)
        assert abs(bright.mean() - (10 + 6 * number + 7.5)) <= 1.5


def test_the_result_says_that_it_is_progressive(tmp_path):
    write_interlaced(tmp_path / "x.mp4", "libx264")
    write_clip(read_clip(tmp_path / "x.mp4"), tmp_path / "y.mp4", "mp4", text="{}")
    with av.open(str(tmp_path / "y.mp4")) as file:
        assert not any(frame.interlaced_frame for frame in file.decode(video=0))


@pytest.mark.parametrize("top_first", [True, False])
def test_combs_that_nothing_tells_of_are_gone_too(tmp_path, top_first):
    write_interlaced(tmp_path / "x.mp4", "libx264", marked=False, top_first=top_first)
    with av.open(str(tmp_path / "x.mp4")) as file:
        raw = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    clip = read_clip(tmp_path / "x.mp4")
    images = list(clip.frames)
    assert min(measure_comb(image) for image in raw) > 10
    assert max(measure_comb(image) for image in images) < 2
    assert [time * clip.tick * 25 for time in clip.times] == list(range(len(raw)))


@pytest.mark.parametrize("still", [0, 30])
@pytest.mark.parametrize("step", [(3, 0), (0, 1), (5, 4)])
def test_progressive_frames_stay_as_they_are(tmp_path, still, step):
    texture = np.random.default_rng(0).integers(0, 255, (3 * SIZE[1], 3 * SIZE[0]), np.uint8)
    texture = cv2.GaussianBlur(texture, (0, 0), 0.8)
    with av.open(str(tmp_path / "x.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "10"})
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
        for number in range(still + 8):
            x, y = (side * max(number - still, 0) for side in step)
            image = np.dstack([texture[y : y + SIZE[1], x : x + SIZE[0]]] * 3)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    with av.open(str(tmp_path / "x.mp4")) as file:
        read = open_reader(*SIZE)
        raw = [read(frame) for frame in file.decode(video=0)]
    images = list(read_clip(tmp_path / "x.mp4").frames)
    assert np.array_equal(np.stack(images), np.stack(raw))
