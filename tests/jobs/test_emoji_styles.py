"""Emoji whose expressions a generator draws are files like all others."""

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage.data import astronaut

from facewright.errors import InputError
from facewright.faces.geometry.topology import CANONICAL
from facewright.jobs.commands.photos.emoji.make import Emoji, EmojiOptions
from facewright.jobs.commands.remake import remake_file
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.photos.emoji import find_near
from facewright.provenance.publish import read_manifest
from facewright.types import Face


class _Near:
    """Finds a face only where it is looked for, and a pixel farther each time."""

    def follow(self, _images, faces):
        (mine,) = faces
        return [[Face(one.box + 1, CANONICAL * 10 + one.box[:1].mean() + 1, 0.9) for one in mine]]


class _Blind:
    def follow(self, _images, _faces):
        return [[]]


def test_a_face_is_looked_for_twice_and_what_is_known_stands_where_none_is_seen():
    image, about = np.zeros((20, 20, 3), np.uint8), np.zeros((5, 3), np.float32)
    assert len(find_near(_Near(), image, about).points) == len(CANONICAL)
    assert (find_near(_Blind(), image, about).points == about).all()


def test_a_generator_without_directions_says_so(find, plain_weights, tmp_path):
    options = EmojiOptions(style="toon", seed=1, weights=plain_weights, out=tmp_path / "out")
    with pytest.raises(InputError, match="style toon: ") as caught:
        Emoji(options, find=find, person=1).write_pack()
    assert "style drawn" in caught.value.hint


def test_seeds_that_show_no_face_are_refused(tmp_path):
    find = FindPipeline(finder=_Blind(), device="cpu")
    options = EmojiOptions(style="toon", seed=1, out=tmp_path / "out")
    with pytest.raises(InputError, match="seed 1: no face was found"):
        Emoji(options, find=find, person=1).write_pack()


@pytest.mark.slow
@pytest.mark.parametrize("style", ["photo", "toon", "baby"])
def test_a_pack_is_made_again_to_the_last_bit(tmp_path, style):
    options = EmojiOptions(
        style=style, seed=7, only="happy,sad", sizes="64", outline=True, out=tmp_path / "pack"
    )
    written = Emoji(options, person=7).write_pack().files
    assert len(written) == 5
    manifest = read_manifest(written[0])
    assert manifest.parameters["character"] == style
    assert {"faces-64", "faces-64-directions", "expressions"} <= set(manifest.models)
    assert remake_file(written[0]).likeness == "bytes"


@pytest.mark.slow
def test_avatars_are_made_again_to_the_last_bit(tmp_path):
    options = EmojiOptions(
        style="avatar", seed=7, only="happy", sizes="64", outline=True, out=tmp_path / "pack"
    )
    written = Emoji(options, person=7).write_pack().files
    manifest = read_manifest(written[0])
    assert manifest.parameters["character"] == "avatar"
    assert "face-features" in manifest.models
    assert remake_file(written[0]).likeness == "bytes"


@pytest.mark.slow
def test_a_photo_keeps_its_head_and_changes_its_face(tmp_path):
    path = tmp_path / "astronaut.png"
    Pillow.fromarray(astronaut()).save(path)
    options = EmojiOptions(
        style="photo", only="happy,sad", sizes="128", consent="public domain", out=tmp_path / "out"
    )
    happy, _, sad, *_ = Emoji(options, person=str(path)).write_pack().files
    one, other = (np.array(Pillow.open(file)).astype(int) for file in (happy, sad))
    assert (one[..., 3] == other[..., 3]).all()
    apart = np.abs(one - other).max(-1)
    assert not apart[:30].any()  # hair
    assert apart[75:100, 45:85].mean() > 8  # mouth
