"""Every picture and clip is named once, in order, whatever lies beside it."""

import os
import zipfile
from pathlib import PurePosixPath

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.collect.sources.items import Refusal
from facewright.collect.sources.walk import (
    Developed,
    Photo,
    SourceClip,
    batch_up,
    check_paths,
    count_sources,
    develop,
    is_clip,
    walk_sources,
)
from facewright.errors import FileError, InputError


@pytest.fixture
def folder(picture, tmp_path):
    """Pictures at two depths, a clip, and what is passed over."""
    place = tmp_path / "photos"
    (place / "deep").mkdir(parents=True)
    (place / "b.png").write_bytes(picture(0))
    (place / "deep" / "a.jpg").write_bytes(picture(1, "JPEG"))
    (place / "c.mp4").write_bytes(b"opened later")
    (place / "notes.txt").write_text("no picture")
    (place / ".hidden.png").write_bytes(picture(2))
    return place


def walk(*sources, avoid=(), max_bytes=1 << 20):
    return list(walk_sources([str(one) for one in sources], max_bytes=max_bytes, avoid=avoid))


def places(items):
    return [stop.place.as_posix() for stop in items]


def test_a_folder_is_walked_in_order_of_its_paths(folder, picture):
    first, clip_source, last = walk(folder)
    assert (first.source, first.data) == (str(folder / "b.png"), picture(0))
    assert clip_source == SourceClip(
        str(folder / "c.mp4"), PurePosixPath("c.mp4"), folder / "c.mp4"
    )
    assert last.place == PurePosixPath("deep/a.jpg")
    assert count_sources([str(folder)]) == 4


def test_a_gif_that_moves_is_a_clip_and_one_that_does_not_is_a_picture(folder, picture, paint):
    frames = [Pillow.fromarray(paint(seed)) for seed in (0, 1)]
    frames[0].save(folder / "d.gif", save_all=True, append_images=frames[1:], duration=100)
    (folder / "e.gif").write_bytes(picture(3, "GIF"))
    (folder / "f.gif").write_bytes(b"GIF89a, and then nothing")
    kinds = {stop.place.name: type(stop) for stop in walk(folder)}
    assert (kinds["d.gif"], kinds["e.gif"], kinds["f.gif"]) == (SourceClip, Photo, Photo)
    assert is_clip(folder / "c.mp4")
    assert not is_clip(folder / "none.gif")


def test_of_several_sources_each_has_a_folder_of_its_own(folder, tmp_path, picture):
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.writestr("in/x.png", picture(3))
    items = walk(folder, tmp_path / "old.zip", folder / "b.png")
    assert places(items) == [
        *("photos/b.png", "photos/c.mp4", "photos/deep/a.jpg", "old/in/x.png", "b.png")
    ]
    assert items[3].source == f"{tmp_path}/old.zip!in/x.png"
    assert places(walk(tmp_path / "old.zip")) == ["in/x.png"]


def test_a_folder_can_be_left_out(folder):
    assert places(walk(folder, avoid=[folder / "deep"])) == ["b.png", "c.mp4"]
    assert count_sources([str(folder)], avoid=[folder / "deep"]) == 3


def test_what_cannot_be_read_is_named(folder, picture):
    (folder / "b.png").write_bytes(b"")
    (folder / "dead.mp4").symlink_to(folder / "nowhere.mp4")
    os.mkfifo(folder / "pipe.mov")
    (folder / "deep" / "a.jpg").write_bytes(picture(1, "BMP"))
    refused = [stop for stop in walk(folder, max_bytes=9000) if isinstance(stop, Refusal)]
    assert {stop.source.rsplit("/", 1)[-1]: stop.reason.split()[1] for stop in refused} == {
        "b.png": "empty",
        "dead.mp4": "a",
        "pipe.mov": "no",
        "a.jpg": "larger",
    }


def test_a_named_file_that_is_no_picture_is_refused_but_not_one_in_a_folder(folder):
    (stop,) = walk(folder / "notes.txt")
    assert stop == Refusal(str(folder / "notes.txt"), "is neither a picture nor a clip")


def test_pictures_are_decoded_in_order(folder):
    (folder / "bb.png").write_bytes((folder / "b.png").read_bytes()[:99])
    first, broken, clip_source, last = develop(iter(walk(folder)))
    assert isinstance(first, Developed)
    assert first.image.shape == (64, 64, 3)
    assert isinstance(broken, Refusal)
    assert broken.reason.startswith("is damaged")
    assert isinstance(clip_source, SourceClip)
    assert last.photo.place.name == "a.jpg"


@pytest.mark.parametrize(
    ("pixels", "sizes"), [(10_000, [3, 2]), (200, [2, 1, 1, 1]), (1, [1, 1, 1, 1, 1])]
)
def test_batches_have_so_many_pictures_and_pixels_at_most(pixels, sizes):
    sides = [10, 10, 10, 20, 1] if pixels == 200 else [10] * 5
    photo = Photo("x", PurePosixPath("x"), b"")
    seen = [Developed(photo, np.zeros((side, side, 3), np.uint8)) for side in sides]
    batches = list(batch_up(seen, pictures=3, pixels=pixels))
    assert [len(batch) for batch in batches] == sizes
    assert [one for batch in batches for one in batch] == seen


def test_large_pictures_do_not_wait_for_one_another(folder, picture):
    for name in "defgh":
        (folder / f"{name}.png").write_bytes(picture(0))
    asked = []
    items = (asked.append(stop) or stop for stop in walk(folder))
    seen = develop(items, pixels=64 * 64)
    batches = batch_up(seen, pictures=16, pixels=64 * 64)
    assert len(next(batches)) == 1
    assert len(asked) == 3  # the clip, and the one that did not fit
    assert sum(not isinstance(batch, SourceClip) for batch in batches) == 6


def test_clips_and_refusals_keep_their_place_between_batches():
    shown = Developed(Photo("x", PurePosixPath("x"), b""), np.zeros((9, 9, 3), np.uint8))
    refusal = Refusal("y", "is empty")
    assert list(batch_up([shown, shown, refusal, shown], pictures=9, pixels=999)) == [
        [shown, shown],
        refusal,
        [shown],
    ]
    assert list(batch_up([], pictures=9, pixels=999)) == []


@pytest.mark.parametrize(
    ("sources", "error"),
    [([], InputError), (["nowhere.png"], FileError), (["http://a.example/x.png"], InputError)],
)
def test_sources_are_checked_first(sources, error):
    with pytest.raises(error):
        check_paths(sources)
