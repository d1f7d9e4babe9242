"""The files that went into another are found again by name and content."""

import json

import pytest

from facewright.errors import FileError
from facewright.hub.bundle import file_sha256
from facewright.jobs.commands.photos.swap import Swap, SwapOptions
from facewright.jobs.restore import Places, restore_call
from facewright.jobs.run import run_files
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import read_manifest


def restore(manifest, *folders, sources=()):
    places = Places(folders=folders, sources=sources)
    return restore_call(manifest, folders[0] / "again.png", places, device=None, overwrite=False)


@pytest.fixture
def made(find, portrait, paint, tmp_path):
    """A swap, beside the files that went in."""
    from PIL import Image as Pillow

    (tmp_path / "face.png").write_bytes(portrait.read_bytes())
    Pillow.fromarray(paint((60, 40, 119, 109), size=(150, 200))).save(tmp_path / "body.png")
    names = [str(tmp_path / "face.png"), str(tmp_path / "body.png")]
    options = SwapOptions(out=tmp_path / "made.png", consent="Ada agreed", keep="mouth")
    return run_files(Swap(options, find=find, face=names[0]), names[1:]).files[0]


def test_a_swap_is_made_again_from_its_manifest_and_the_files_beside_it(made, find, tmp_path):
    call = restore(read_manifest(made), made.parent)
    ((face, body),), options = call.inputs, call.options
    assert [face, body] == [str(tmp_path / "face.png"), str(tmp_path / "body.png")]
    assert (options.consent, options.keep, options.seed) == ("Ada agreed", "mouth", None)
    (again,) = run_files(Swap(options, find=find, face=face), [body]).files
    assert digest_unsigned(again) == digest_unsigned(made)


def test_a_file_that_is_another_now_or_gone_is_named(made, tmp_path):
    manifest = read_manifest(made)
    body = tmp_path / "body.png"
    body.write_bytes(body.read_bytes() + b" ")
    with pytest.raises(FileError, match=r"`body\.png` is missing, or is not the file"):
        restore(manifest, made.parent)
    body.unlink()
    with pytest.raises(FileError, match=r"`body\.png` is missing") as caught:
        restore(manifest, tmp_path / "elsewhere", made.parent)
    assert "elsewhere" in caught.value.hint
    assert "--source" in caught.value.hint


def test_a_file_that_went_in_may_have_another_name_now_or_lie_in_another_folder(made, tmp_path):
    manifest, (face, body) = read_manifest(made), (tmp_path / "face.png", tmp_path / "body.png")
    album = tmp_path / "album"
    album.mkdir()
    moved = [face.rename(album / "face.png"), body.rename(tmp_path / "other.png")]
    call = restore(manifest, made.parent, sources=(album, moved[1]))
    assert call.inputs == ([str(path) for path in moved],)


def test_a_manifest_names_no_folder(made, tmp_path):
    manifest = read_manifest(made)
    assert tmp_path.name not in json.dumps(dict(manifest.parameters) | dict(manifest.sources))
    assert manifest.sources["body/body.png"] == file_sha256(tmp_path / "body.png")
