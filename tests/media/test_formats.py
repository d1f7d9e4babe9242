"""Files are told apart by their bytes, whatever they are called."""

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image as Pictures

from facewright.media.formats import find_kind, identify
from facewright.media.video import read_clip, read_clip_metadata

CONTAINERS = {
    "mp4": "libx264", "mov": "libx264", "m4v": "libx264", "3gp": "libx264", "mkv": "libx264",
    "webm": "libvpx-vp9", "avi": "mpeg4", "flv": "flv", "wmv": "wmv2", "asf": "wmv2",
    "mpg": "mpeg2video", "vob": "mpeg2video", "ts": "mpeg2video", "m2ts": "libx264",
    "mts": "libx264", "m2v": "mpeg2video", "mxf": "mpeg2video",
}  # fmt: skip
MUXERS = {"m4v": "mp4", "wmv": "asf", "mpg": "mpeg", "m2ts": "mpegts", "ts": "mpegts"}
MUXERS |= {"mts": "mpegts", "mkv": "matroska", "m2v": "mpeg2video"}


def write_clip_as(path, ending, count=3):
    codec, muxer = CONTAINERS[ending], MUXERS.get(ending, ending)
    options = {"mpegts_m2ts_mode": "1"} if ending in ("m2ts", "mts") else {}
    with av.open(str(path), "w", format=muxer, options=options) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(count):
            image = np.full((48, 64, 3), 40 * number, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))


def draw_still(form, **options):
    out = BytesIO()
    Pictures.new("RGBA", (8, 6), (200, 0, 0, 255)).convert("RGB").save(out, form, **options)
    return out.getvalue()


def animate(form, count=3, **options):
    frames = [Pictures.new("RGBA", (8, 6), (0, 60 * n, 0, 255)) for n in range(count)]
    out = BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], **options)
    return out.getvalue()


@pytest.mark.parametrize("ending", CONTAINERS)
def test_clips_are_known_and_read_under_any_name(tmp_path, ending):
    for name in (f"x.{ending}", "x", "x.jpg"):
        write_clip_as(tmp_path / name, ending)
        assert find_kind(tmp_path / name) == "clip"
        clip = read_clip(tmp_path / name)
        assert clip.size == (64, 48)
        assert 2 <= len(list(clip.frames)) <= 3
        read_clip_metadata(tmp_path / name)


def test_a_transport_stream_is_known_wherever_it_was_cut(tmp_path):
    write_clip_as(tmp_path / "x", "ts")
    data = (tmp_path / "x").read_bytes()
    for cut in (0, 1, 100, 187):
        assert identify(data[cut:][:4096]).kind == "clip"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "JPEG2000"])
def test_pictures_are_known_under_any_name(tmp_path, form):
    data = draw_still(form)
    assert find_kind(data) == "picture"
    for name in ("x", "x.mp4", "x.txt"):
        (tmp_path / name).write_bytes(data)
        assert find_kind(tmp_path / name) == "picture"


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "AVIF"])
def test_pictures_that_move_are_clips(tmp_path, form):
    (tmp_path / "x").write_bytes(animate(form, duration=[80, 40, 120]))
    assert find_kind(tmp_path / "x") == "clip"
    clip = read_clip(tmp_path / "x")
    greens = [int(image[0, 0, 1]) for image in clip.frames]
    assert np.allclose(greens, [0, 60, 120], atol=6)
    assert [time * clip.tick * 1000 for time in clip.times] == [0, 80, 120]
    assert (clip.count, clip.rate) == (3, 12.5)
    assert find_kind(draw_still(form)) == "picture"


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_frames_lie_on_white_where_they_are_transparent(tmp_path, form):
    frames = [Pictures.new("RGBA", (8, 6), (0, 200, 0, 0)) for _ in range(2)]
    for number, frame in enumerate(frames):
        frame.putpixel((number, 0), (200, 0, 0, 255))
    out = {"save_all": True, "append_images": frames[1:], "disposal": 2, "lossless": True}
    frames[0].save(tmp_path / "x", form, **out)
    for number, image in enumerate(read_clip(tmp_path / "x").frames):
        assert image[0, number].tolist() == [200, 0, 0]
        assert (image[1:] == 255).all()


def test_frames_without_a_length_are_shown_as_browsers_do(tmp_path):
    (tmp_path / "x.gif").write_bytes(animate("GIF"))
    clip = read_clip(tmp_path / "x.gif")
    assert [time * clip.tick for time in clip.times] == [0, Fraction(1, 10), Fraction(1, 5)]


def test_other_files_are_neither(tmp_path):
    noise = np.random.default_rng(0).bytes(5000)
    text = b"G" * 3000
    sound = b"RIFF\0\0\0\0WAVEfmt "
    code = b"export const x: string = 'y';\n" * 9
    for name, data in {"a": noise, "b.txt": text, "c.wav": sound, "d.ts": code, "e": b""}.items():
        (tmp_path / name).write_bytes(data)
        assert find_kind(tmp_path / name) is None
    assert find_kind(tmp_path / "missing") is None
    assert find_kind(tmp_path) is None


def test_what_a_file_is_meant_to_be_counts_where_its_bytes_say_nothing(tmp_path):
    for name, kind in {"a.mp4": "clip", "a.ts": "clip", "a.jfif": "picture"}.items():
        assert find_kind(tmp_path / name) == kind
        (tmp_path / name).write_bytes(b"\0\1\2" * 500)
        assert find_kind(tmp_path / name) == kind
