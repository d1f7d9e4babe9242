"""A photo or a seed becomes a pack of files, each of which can be made again."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import FileError, InputError
from facewright.jobs.commands.photos.emoji.files import read_chosen
from facewright.jobs.commands.photos.emoji.make import (
    Emoji,
    EmojiOptions,
    check_pack,
    make_emoji,
    plan_files,
    split_person,
)
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import publish_image, read_manifest
from facewright.toon.emoji import EXPRESSIONS
from facewright.types import Manifest


@pytest.fixture
def photo(paint, tmp_path):
    """A picture with a face and space around it."""
    path = tmp_path / "photo.png"
    return str(
        publish_image(paint((70, 90, 129, 169), size=(240, 200)), path, Manifest("generate", {}))
    )


@pytest.fixture
def make(find):
    def run(photo, **options):
        chosen = EmojiOptions(**options)
        return Emoji(chosen, find=find, person=photo).write_pack().files

    return run


def test_a_pack_has_every_expression_in_every_size_and_format():
    plan = plan_files(EmojiOptions())
    items = plan.files
    assert len(items) == 7 * 3 * 2 + 1
    names = {item.path.name for item in items}
    assert {"happy-512.png", "sad-72.webp", "angry-128.png", "pack.png"} <= names
    assert not plan.texts
    assert not plan.parts


def test_files_are_transparent_and_say_how_they_came_about(make, photo, tmp_path):
    written = make(
        photo, only="happy,sad", sizes="64", hair="short", out=tmp_path / "out", consent="self"
    )
    assert [path.name for path in written] == [
        *("happy-64.png", "happy-64.webp", "sad-64.png", "sad-64.webp", "pack.png"),
    ]
    for path in written[:4]:
        with Pillow.open(path) as picture:
            assert (picture.mode, picture.size) == ("RGBA", (64, 64))
            alpha = np.array(picture)[..., 3]
        assert alpha[0, 0] == 0
        assert alpha[32, 32] == 255
    manifest = read_manifest(written[0])
    assert (manifest.task, manifest.consent) == ("emoji", "self")
    assert manifest.parameters["only"] == "happy"
    assert manifest.parameters["face"] == "photo.png"
    with Pillow.open(written[4]) as sheet:
        assert sheet.size == (512, 256)


def test_one_file_is_the_same_as_that_of_the_pack(make, photo, tmp_path):
    pack = make(photo, only="fear,happy", sizes="48", hair="long", out=tmp_path / "pack")
    (single,) = make(photo, only="happy", sizes="48", hair="long", out=tmp_path / "one.png")
    beside = next(p for p in pack if p.name == "happy-48.png")
    assert digest_unsigned(single) == digest_unsigned(beside)


def test_nothing_is_overwritten_unless_told(photo, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "sad-72.webp").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"sad-72\.webp is there already"):
        check_pack([photo], EmojiOptions(out=tmp_path / "out"))
    check_pack([photo], EmojiOptions(out=tmp_path / "out", overwrite=True))


def test_real_people_have_to_agree(paint, tmp_path):
    path = tmp_path / "someone.png"
    Pillow.fromarray(paint((70, 90, 129, 169), size=(240, 200))).save(path)
    with pytest.raises(InputError, match="may show a real person"):
        make_emoji([str(path)], options=EmojiOptions(out=tmp_path / "out"))


def test_a_photo_comes_first_and_with_a_seed_there_is_none(photo, tmp_path):
    assert split_person([photo], None) == (photo, [])
    assert split_person([photo, "camera:0"], None) == (photo, ["camera:0"])
    assert split_person(["camera:0"], 7) == (7, ["camera:0"])
    with pytest.raises(InputError, match="a photo or of a seed, and none is named"):
        split_person([], None)
    with pytest.raises(InputError, match="is a folder"):
        split_person([str(tmp_path)], None)
    with pytest.raises(FileError, match="there is no picture"):
        split_person([str(tmp_path / "none.png")], None)


@pytest.mark.parametrize("sizes", ["", "0", "7000", "72,large", "-5"])
def test_sizes_are_numbers_in_range(sizes):
    with pytest.raises(InputError, match="`sizes` takes numbers"):
        plan_files(EmojiOptions(sizes=sizes))


def test_expressions_are_named_in_any_order():
    assert read_chosen(None, EXPRESSIONS) == EXPRESSIONS
    assert read_chosen(" Sad, happy", EXPRESSIONS) == ("happy", "sad")
    with pytest.raises(InputError, match="`only` knows no `bored`"):
        read_chosen("happy,bored", EXPRESSIONS)


def test_what_is_neither_folder_nor_transparent_is_refused(tmp_path):
    for name in ("emoji.jpg", "emoji.gif", "emoji.txt", "emoji.mp4"):
        with pytest.raises(InputError, match="no place for emoji") as caught:
            plan_files(EmojiOptions(out=tmp_path / name))
        assert "name a folder" in caught.value.hint
    (tmp_path / "emoji.pdf").mkdir()
    assert plan_files(EmojiOptions(out=tmp_path / "emoji.pdf"))


def test_pictures_without_a_clear_face_are_refused(make, paint, tmp_path):
    for name, boxes, said in (
        ("none", (), "no face was found"),
        ("small", ((70, 90, 89, 119),), "only 29 pixels high"),
        ("cut", ((0, 90, 19, 169),), "cuts through the face"),
    ):
        image = paint(*boxes, size=(240, 200))
        path = publish_image(image, tmp_path / f"{name}.png", Manifest("generate", {}))
        with pytest.raises(InputError, match=said) as caught:
            make(str(path), out=tmp_path / "out")
        assert name in str(caught.value)
        assert caught.value.hint


def test_of_several_faces_one_is_picked(make, paint, tmp_path):
    image = paint((20, 90, 79, 169), (110, 90, 169, 169), size=(240, 200))
    path = publish_image(image, tmp_path / "two.png", Manifest("generate", {}))
    (written,) = make(
        str(path), faces="left", only="sad", sizes="32", hair="short", out=tmp_path / "sad.webp"
    )
    assert read_manifest(written).consent == "generated"


def test_the_photo_itself_is_never_replaced(photo):
    options = EmojiOptions(out=Path(photo), consent="self", overwrite=True)
    with pytest.raises(InputError, match="the photo itself"):
        check_pack([photo], options)
