"""The files that went into another are found again by name and content."""

import json

import pytest

from facewright.errors import FileError
from facewright.hub.bundle import file_sha256
from facewright.jobs.commands.photos.swap import Swap, SwapOptions
from facewright.jobs.run import run_files
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import read_manifest
from facewright.tasks.ingredients import find_ingredients
from facewright.tasks.remake import _restore


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
    manifest = read_manifest(made)
    options, _ = _restore(manifest, tmp_path / "again.png", overwrite=False)
    options, names = find_ingredients(manifest, options, [made.parent])
    assert names == [str(tmp_path / "face.png"), str(tmp_path / "body.png")]
    assert (options.consent, options.keep, options.seed) == ("Ada agreed", "mouth", None)
    (again,) = run_files(Swap(options, find=find, face=names[0]), names[1:]).files
    assert digest_unsigned(again) == digest_unsigned(made)


def test_a_file_that_is_another_now_or_gone_is_named(made, tmp_path):
    manifest = read_manifest(made)
    options, _ = _restore(manifest, tmp_path / "again.png", overwrite=False)
    body = tmp_path / "body.png"
    body.write_bytes(body.read_bytes() + b" ")
    with pytest.raises(FileError, match=r"`body\.png` is missing, or is not the file"):
        find_ingredients(manifest, options, [made.parent])
    body.unlink()
    with pytest.raises(FileError, match=r"`body\.png` is missing") as caught:
        find_ingredients(manifest, options, [tmp_path / "elsewhere", made.parent])
    assert "elsewhere" in caught.value.hint


def test_a_manifest_names_no_folder(made, tmp_path):
    manifest = read_manifest(made)
    assert tmp_path.name not in json.dumps(dict(manifest.parameters) | dict(manifest.sources))
    assert manifest.sources["body/body.png"] == file_sha256(tmp_path / "body.png")
