"""Clips go to a file and come back."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facewright.errors import FacewrightError, FileError, InputError
from facewright.media.encode import encode_image
from facewright.media.encode_video import write_clip
from facewright.media.video import read_clip, read_clip_metadata
from facewright.types import Clip

Record = Callable[..., None]
NTSC = Fraction(30_000, 1001)
TEXT = '{"facewright": 1, "task": "x"}'


def frames(count: int, width: int = 32, height: int = 24) -> Iterator[np.ndarray]:
    x = np.arange(width)[None, :, None] * np.array([4, 2, 0]) + np.zeros((height, 1, 1))
    for i in range(count):
        yield (x + np.array([i * 5, 100, 200 - 5 * i])).clip(0, 255).astype(np.uint8)


def make_clip(count: int = 12, rate: Fraction = NTSC, **options: int) -> Clip:
    images = list(frames(count, **options))
    return Clip((images[0].shape[1], images[0].shape[0]), rate, iter(images))


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), NTSC, Fraction(60)])
def test_mp4_keeps_rate_count_text_and_colours(tmp_path: Path, rate: Fraction) -> None:
    path = tmp_path / "x.mp4"
    assert write_clip(make_clip(12, rate), path, "mp4", text=TEXT) == 12
    clip = read_clip(path)
    assert (clip.size, clip.rate, clip.count, clip.sound) == ((32, 24), rate, 12, None)
    back = np.stack(list(clip.frames)).astype(int)
    wanted = np.stack(list(frames(12))).astype(int)
    assert back.shape == wanted.shape
    assert np.abs(back - wanted).mean() < 3
    assert np.abs((back - wanted).mean((0, 1, 2))).max() < 2.5
    assert read_clip_metadata(path)["comment"] == TEXT


def test_greys_come_back_without_a_cast(tmp_path: Path) -> None:
    for level in (0, 64, 128, 200, 255):
        images = iter([np.full((16, 16, 3), level, np.uint8)])
        write_clip(Clip((16, 16), Fraction(25), images), tmp_path / "x.mp4", "mp4", text=TEXT)
        back = next(read_clip(tmp_path / "x.mp4").frames).astype(int)
        assert np.abs(back - level).max() <= 2


@pytest.mark.parametrize("form", ["mp4", "gif"])
def test_equal_frames_give_equal_bytes(tmp_path: Path, form: str) -> None:
    for name in "ab":
        write_clip(make_clip(rate=Fraction(25)), tmp_path / name, form, text=TEXT)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


_WAVES = """
import sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from facewright.media.encode_video import write_clip
from facewright.types import Clip
x = np.linspace(0, 3, 32)
waves = (np.add.outer(np.sin(2 * x + i / 9), np.cos(3 * x - i / 7)) for i in range(8))
frames = ((wave[..., None] * [50, 40, 30] + 128).astype(np.uint8) for wave in waves)
write_clip(Clip((32, 32), Fraction(25), frames), Path(sys.argv[1]), "mp4", text="{}")
"""


def test_equal_frames_give_equal_bytes_whatever_memory_held(tmp_path: Path) -> None:
    for number in (1, 85, 170):  # GNU's malloc fills what it hands out
        environment = {**os.environ, "MALLOC_PERTURB_": str(number)}
        command = [sys.executable, "-c", _WAVES, str(tmp_path / str(number))]
        subprocess.run(command, env=environment, check=True)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_odd_sizes_grow_by_the_last_row_and_column(tmp_path: Path) -> None:
    write_clip(make_clip(3, width=33, height=23), tmp_path / "x.mp4", "mp4", text=TEXT)
    clip = read_clip(tmp_path / "x.mp4")
    image = next(clip.frames).astype(int)
    assert clip.size == (34, 24)
    assert np.abs(image[:, 32] - image[:, 33]).mean() < 4
    assert np.abs(image[22] - image[23]).mean() < 4


def test_playing_can_start_before_the_file_is_there(tmp_path: Path) -> None:
    write_clip(make_clip(), tmp_path / "x.mp4", "mp4", text=TEXT)
    data = (tmp_path / "x.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_gif_keeps_rate_text_and_colours(tmp_path: Path) -> None:
    path = tmp_path / "x.gif"
    assert write_clip(make_clip(12, Fraction(25)), path, "gif", text=TEXT) == 12
    clip = read_clip(path)
    assert (clip.size, clip.rate) == ((32, 24), 25)
    back = np.stack(list(clip.frames)).astype(int)
    assert np.abs(back - np.stack(list(frames(12)))).mean() < 6
    assert read_clip_metadata(path)["comment"] == TEXT


def test_gif_lasts_as_long_as_the_clip_where_hundredths_do_not_fit(tmp_path: Path) -> None:
    write_clip(make_clip(30, Fraction(30)), tmp_path / "x.gif", "gif", text=TEXT)
    with av.open(str(tmp_path / "x.gif")) as source:
        assert source.duration == 1_000_000


def test_a_still_is_a_clip_of_one_frame(tmp_path: Path) -> None:
    image = next(frames(1))
    (tmp_path / "x.png").write_bytes(encode_image(image, "png", text=TEXT))
    clip = read_clip(tmp_path / "x.png")
    assert (clip.size, clip.count) == ((32, 24), 1)
    assert [np.array_equal(frame, image) for frame in clip.frames] == [True]


@pytest.mark.parametrize("form", ["mp4", "gif"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, InputError])
def test_an_interrupted_clip_leaves_what_was_there(
    tmp_path: Path, form: str, error: type[BaseException]
) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield from frames(5)
        raise error("stop")

    path = tmp_path / "x"
    path.write_text("before")
    with pytest.raises(error):
        write_clip(Clip((32, 24), Fraction(25), broken()), path, form, text=TEXT)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert path.read_text() == "before"


@pytest.mark.parametrize("form", ["mp4", "gif"])
@pytest.mark.parametrize(
    "clip",
    [
        Clip((32, 24), Fraction(25), iter([])),
        Clip((32, 25), Fraction(25), frames(1)),
        Clip((32, 24), Fraction(0), frames(1)),
        Clip((32, 24), Fraction(25), iter([np.zeros((24, 32), np.uint8)])),
    ],
    ids=["no frames", "another size", "no rate", "grey"],
)
def test_what_is_no_clip_is_refused(tmp_path: Path, form: str, clip: Clip) -> None:
    with pytest.raises(InputError):
        write_clip(clip, tmp_path / "x", form, text=TEXT)
    assert list(tmp_path.iterdir()) == []


def test_gifs_faster_than_browsers_show_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at most 50"):
        write_clip(make_clip(2, Fraction(60)), tmp_path / "x", "gif", text=TEXT)


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    for form in ("mp4", "gif"):
        with pytest.raises(FileError, match="x cannot be written"):
            write_clip(make_clip(2, Fraction(25)), tmp_path / "none" / "x", form, text=TEXT)


def test_errors_name_the_file_and_the_reason(tmp_path: Path, record: Record) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no clip" * 99)
    for name, codec in (("sound.mp4", "aac"), ("song.mp3", "libmp3lame"), ("s.wav", "pcm_s16le")):
        record(tmp_path / name, [], sound=(codec, 3, 0))
    for name, reason in (
        ("empty.mp4", "is empty"),
        ("text.mp4", "is damaged, or not a clip"),
        ("sound.mp4", "has no pictures in it, only sound"),
        ("song.mp3", "has no pictures in it, only sound"),
        ("s.wav", "has no pictures in it, only sound"),
        ("none.mp4", "cannot be read: No such file"),
    ):
        for read in (read_clip, read_clip_metadata):
            with pytest.raises(FileError, match=reason) as caught:
                read(tmp_path / name)
            assert str(tmp_path / name) in str(caught.value)
            assert caught.value.hint or name in {"empty.mp4", "none.mp4"}


def test_playlists_are_not_followed(tmp_path: Path) -> None:
    write_clip(make_clip(2), tmp_path / "x.mp4", "mp4", text=TEXT)
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nx.mp4\n#EXT-X-ENDLIST\n")
    with pytest.raises(FileError, match="not a clip"):
        read_clip(tmp_path / "list.mp4")


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(start=st.floats(0, 1, exclude_max=True), junk=st.binary(max_size=8), kept=st.integers(0, 1))
def test_damaged_clips_never_crash(tmp_path: Path, start: float, junk: bytes, kept: int) -> None:
    whole, path = tmp_path / "whole.mp4", tmp_path / "damaged.mp4"
    if not whole.exists():
        write_clip(make_clip(4), whole, "mp4", text=TEXT)
    data = whole.read_bytes()
    place = int(start * len(data))
    path.write_bytes(data[:place] + junk + kept * data[place + len(junk) :])
    try:
        images = list(read_clip(path).frames)
    except FacewrightError:
        return
    assert all(image.dtype == np.uint8 for image in images)
