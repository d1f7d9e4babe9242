"""The steps of an emoji are pictures of their own: crop, mask, head, person."""

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import InputError
from facewright.jobs.commands.photos.emoji.make import (
    Emoji,
    EmojiOptions,
    check_pack,
    plan_files,
)
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Manifest


@pytest.fixture
def photo(paint, tmp_path):
    image = paint((70, 90, 129, 169), size=(240, 260))
    return str(publish_image(image, tmp_path / "photo.png", Manifest("generate", {})))


def test_a_cut_out_is_the_head_its_mask_the_crop_and_the_person(find, photo, tmp_path):
    options = EmojiOptions(style="cutout", sizes="64,32", consent="self", out=tmp_path / "out")
    written = Emoji(options, find=find, person=photo).write_pack().files
    names = [path.name for path in written]
    assert names == [
        *("head-64.png", "head-64.webp", "head-32.png", "head-32.webp"),
        *("mask-64.png", "crop-64.png", "person.png", "person.webp", "person-mask.png"),
    ]
    shown = {path.name: np.array(Pillow.open(path)) for path in written}
    assert (shown["head-64.png"][..., 3] == shown["mask-64.png"][..., 0]).all()
    assert shown["crop-64.png"].shape == (64, 64, 3)
    assert shown["person.png"].shape == (240, 260, 4)
    assert set(np.unique(shown["person-mask.png"])) >= {0, 255}
    manifest = read_manifest(written[4])
    assert (manifest.parameters["character"], manifest.parameters["only"]) == ("cutout", "mask")
    assert manifest.marks["watermark"] == "off"


def test_steps_lie_beside_the_pack(tmp_path):
    plan = plan_files(EmojiOptions(keep=True, only="happy", out=tmp_path))
    names = [str(one.path.relative_to(tmp_path)) for one in plan.parts]
    assert names == [
        *("steps/head-512.png", "steps/head-512.webp", "steps/mask-512.png", "steps/crop-512.png"),
    ]


def test_one_file_is_the_head_unless_another_part_is_named(tmp_path):
    out = tmp_path / "one.png"
    (one,) = plan_files(EmojiOptions(style="cutout", out=out)).parts
    assert one.expressions == ("head",)
    (one,) = plan_files(EmojiOptions(style="cutout", only="person", out=out)).parts
    assert one.expressions == ("person",)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"style": "cutout", "animate": True}, "does not move"),
        ({"style": "cutout", "stickers": "telegram"}, "is no pack"),
        ({"style": "cutout", "only": "happy"}, "`only` knows no `happy`"),
        ({"style": "cutout", "only": "head,mask", "out": "a.png"}, "holds one part"),
        ({"keep": True, "out": "a.png", "only": "sad"}, "is one file"),
    ],
)
def test_what_cannot_be_cut_out_is_refused(options, said, tmp_path):
    out = tmp_path / options.get("out", "pack")
    with pytest.raises(InputError, match=said) as caught:
        plan_files(EmojiOptions(**{**options, "out": out}))
    assert caught.value.hint


def test_nothing_is_cut_out_of_a_seed_or_laid_over_a_face(find, tmp_path):
    options = EmojiOptions(style="cutout", seed=1, out=tmp_path / "o")
    with pytest.raises(InputError, match="of a photo alone"):
        check_pack([], options)
    with pytest.raises(InputError, match="lies over no face"):
        Emoji(options, find=find, person=1).check(["body.png"])
