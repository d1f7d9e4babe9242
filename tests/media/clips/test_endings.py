"""Clips end when they do in the file, and so does their sound."""

from fractions import Fraction

import av
import numpy as np
import pytest

from facewright.media.encode_video import EarlyStop, write_clip
from facewright.media.video import read_clip


def copy(source, target):
    """Read a clip and write it again."""
    write_clip(read_clip(source), target, target.suffix[1:], text="{}")


def lengths(path):
    """How long pictures and sound of a file last, in seconds, by its streams."""
    with av.open(str(path)) as file:
        return [float(stream.duration * stream.time_base) for stream in file.streams]


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_the_last_picture_stays(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    shown = [(0, 500), (500, 100), (600, 400), (1000, 3000)]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.flags |= 1 << 8  # packets last as long as their frames
        for number, (start, length) in enumerate(shown):
            image = np.full((24, 32, 3), 60 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.duration, frame.time_base = start, length, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    clip = read_clip(path)
    assert [next(clip.times) * clip.tick for _ in clip.frames] == [0, 0.5, Fraction(3, 5), 1]
    for name in ("y.mp4", "z.gif"):
        copy(path, tmp_path / name)
        with av.open(str(tmp_path / name)) as file:
            assert file.duration == pytest.approx(4_000_000, abs=1100)
    again = read_clip(tmp_path / "y.mp4")
    assert len(list(again.frames)) == 4
    assert float(again.extent.end) == pytest.approx(4, abs=0.002)


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_that_outlasts_the_pictures_is_kept(tmp_path, record, codec):
    record(tmp_path / "x.mkv", [40 * n for n in range(10)], sound=(codec, 90, 0))
    copy(tmp_path / "x.mkv", tmp_path / "y.mp4")
    assert lengths(tmp_path / "y.mp4")[1] == pytest.approx(90 * 1024 / 48_000, abs=0.05)


def test_sound_is_not_kept_where_someone_ended_the_pictures(tmp_path, record):
    record(tmp_path / "x.mkv", [40 * n for n in range(40)], sound=("aac", 90, 0))
    asked = iter(range(100))
    stop = EarlyStop(lambda: next(asked) > 8, lambda _: "{}")
    count = write_clip(
        read_clip(tmp_path / "x.mkv"), tmp_path / "y.mp4", "mp4", text="{}", stop=stop
    )
    assert count == 10
    assert lengths(tmp_path / "y.mp4") == pytest.approx([0.4, 0.4], abs=0.05)


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_that_begins_before_the_pictures_is_kept(tmp_path, record, codec):
    record(tmp_path / "x.mkv", [500 + 40 * n for n in range(30)], sound=(codec, 90, 0))
    copy(tmp_path / "x.mkv", tmp_path / "y.mp4")
    with av.open(str(tmp_path / "y.mp4")) as file:
        video, sound = file.streams
        assert float(video.start_time * video.time_base) == pytest.approx(0.5, abs=0.001)
        assert float(sound.start_time * sound.time_base) == pytest.approx(0, abs=0.025)
        assert file.duration / 1e6 == pytest.approx(90 * 1024 / 48_000, abs=0.05)
    clip = read_clip(tmp_path / "y.mp4")
    assert len(list(clip.frames)) == 30
    assert clip.extent.begin == Fraction(1, 2)


def write_tracks(path, tracks):
    """Pictures and several sound tracks, each a tone of its own in a language."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 32, 24, "yuv420p"
        sounds = [out.add_stream(codec, rate=48_000, layout="mono") for codec, _, _ in tracks]
        for sound, (_, language, _) in zip(sounds, tracks, strict=True):
            sound.metadata["language"] = language
        for number in range(25):
            image = np.full((24, 32, 3), 8 * number, np.uint8)
            out.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        for sound, (_, _, pitch) in zip(sounds, tracks, strict=True):
            wave = np.sin(np.arange(47 * 1024) * 2 * np.pi * pitch / 48_000) * 9000
            for number in range(47):
                part = wave[None, number * 1024 : (number + 1) * 1024].astype(np.int16)
                frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "s16", "mono")
                frame.sample_rate, frame.pts = 48_000, number * 1024
                frame.time_base = Fraction(1, 48_000)
                out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
        out.mux(video.encode(None))


def test_every_sound_track_goes_along(tmp_path):
    tracks = [("aac", "eng", 440), ("pcm_s16le", "deu", 1000), ("libmp3lame", "fra", 3000)]
    write_tracks(tmp_path / "x.mkv", tracks)
    copy(tmp_path / "x.mkv", tmp_path / "y.mp4")
    with av.open(str(tmp_path / "y.mp4")) as file:
        found = [(s.codec_context.name, s.language) for s in file.streams.audio]
    assert found == [("aac", "eng"), ("aac", "deu"), ("mp3float", "fra")]
    for number, (_, _, pitch) in enumerate(tracks):
        with av.open(str(tmp_path / "y.mp4")) as file:
            parts = [f.to_ndarray()[0].astype(float) for f in file.decode(audio=number)]
        wave = np.concatenate(parts)[8000:40_000]
        assert np.abs(np.fft.rfft(wave)).argmax() * 48_000 / 32_000 == pytest.approx(pitch, abs=3)
        assert sum(len(part) for part in parts) == pytest.approx(47 * 1024, abs=3000)


STYLE = b"[Script Info]\n[V4+ Styles]\nFormat: Name\nStyle: Default\n[Events]\nFormat: Text\n"


def write_subtitles(path, codec, data):
    """Pictures of a second, and a line of text from 0.1 to 0.6 s."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 32, 24, "yuv420p"
        text = out.add_stream(codec)
        text.codec_context.subtitle_header = STYLE
        text.codec_context.time_base = Fraction(1, 1000)
        text.metadata["language"] = "deu"
        for number in range(25):
            image = np.full((24, 32, 3), 8 * number, np.uint8)
            out.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(video.encode(None))
        packet = av.Packet(data)
        packet.stream, packet.pts, packet.dts, packet.duration = text, 100, 100, 500
        packet.time_base = Fraction(1, 1000)
        out.mux(packet)


def test_subtitles_of_an_mp4_go_along(tmp_path):
    write_subtitles(tmp_path / "x.mp4", "mov_text", b"\x00\x05hello")
    copy(tmp_path / "x.mp4", tmp_path / "y.mp4")
    with av.open(str(tmp_path / "y.mp4")) as file:
        assert [s.language for s in file.streams.subtitles] == ["deu"]
        found = [(p.pts * p.time_base, p.duration * p.time_base) for p in file.demux(subtitles=0)
                 if bytes(p).endswith(b"hello")]  # fmt: skip
    assert found == [(Fraction(1, 10), Fraction(1, 2))]


def test_subtitles_that_are_left_out_are_named(tmp_path, caplog):
    write_subtitles(tmp_path / "x.mkv", "subrip", b"hello")
    copy(tmp_path / "x.mkv", tmp_path / "y.mp4")
    assert "subtitles are left out (deu)" in caplog.text
