"""Files that are made again."""

import shutil

import pytest

from facewright.errors import FileError, InputError, WeightsError
from facewright.media.decode import read_image
from facewright.provenance.publish import publish_image, read_manifest
from facewright.tasks.pictures import (
    GenerateOptions,
    InterpolateOptions,
    MixOptions,
    generate_faces,
    interpolate_faces,
    mix_faces,
)
from facewright.tasks.remake import remake_file, show_file
from facewright.types import Manifest


def make(task, weights, out):
    common = {"weights": weights, "out": out, "batch": 4, "device": "cpu"}
    if task == "mix":
        return mix_faces(MixOptions(rows="1", columns="2,3", size=32, **common))
    if task == "interpolate":
        return interpolate_faces(InterpolateOptions(seeds="1,2", seconds=0.2, size=32, **common))
    options = {
        "one": {"seeds": "5", "psi": 1.0, "cutoff": 2},
        "sheet": {"seeds": "5-9", "columns": 2, "captions": True, "size": 32},
        "varied": {"seeds": "3", "vary": "age,gender", "size": 32},
        "labelled": {"seeds": "3", "age": "40-49", "label": ("gender=m",)},
    }[task]
    return generate_faces(GenerateOptions(**options, **common))


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("one", "x.png"),
        ("one", "x.jpg"),
        ("one", "x.webp"),
        ("sheet", "x.png"),
        ("varied", "x.png"),
        ("labelled", "x.webp"),
        ("mix", "x.png"),
        ("interpolate", "x.mp4"),
        ("interpolate", "x.gif"),
    ],
)
def test_file_is_made_again_to_the_last_bit(task, name, weights, tmp_path):
    [path] = make(task, weights, tmp_path / name)
    remade = remake_file(path)
    assert remade.path == tmp_path / name.replace(".", "-remade.")
    assert remade.likeness == "bytes"
    assert remade.path.read_bytes() == path.read_bytes()


def test_every_file_of_a_folder_can_be_made_again(weights, tmp_path):
    options = GenerateOptions(
        seeds="0-2", out=tmp_path / "p", sheet=True, captions=True, weights=weights, format="jpg"
    )
    assert [remake_file(path).likeness for path in generate_faces(options)] == ["bytes"] * 4


def test_other_weights_are_refused(weights, plain_weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    with pytest.raises(WeightsError, match="are not those that made this file"):
        remake_file(path, weights=plain_weights)


def test_weights_that_moved_are_named(weights, tmp_path):
    moved = shutil.copy(weights, tmp_path / "a.safetensors")
    [path] = make("one", str(moved), tmp_path / "x.png")
    again = moved.rename(tmp_path / "b.safetensors")
    with pytest.raises(WeightsError, match="no such file"):
        remake_file(path)
    remade = remake_file(path, weights=str(again))
    assert remade.likeness == "pixels"
    assert "the weights was" in remade.reason


def test_file_that_was_changed_is_told_from_its_remake(weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    forged = publish_image(255 - read_image(path), tmp_path / "forged.png", read_manifest(path))
    assert remake_file(forged).likeness == "different"


def test_original_is_never_replaced(weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    with pytest.raises(InputError, match="own place"):
        remake_file(path, out=path, overwrite=True)


@pytest.mark.parametrize(
    ("manifest", "error", "message"),
    [
        (Manifest("sculpt", {}), InputError, "made by `sculpt`"),
        (Manifest("generate", {"hat": 1}, (1,)), FileError, "not understood: hat"),
        (Manifest("generate", {"psi": "x"}, (1,)), FileError, "not understood: psi"),
        (Manifest("generate", {"batch": True}, (1,)), FileError, "not understood: batch"),
        (Manifest("generate", {"noise": "loud"}, (1,)), FileError, "not understood: noise"),
        (Manifest("mix", {"rows": "1"}), FileError, "incomplete"),
    ],
)
def test_forged_manifests_are_refused(manifest, error, message, weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    forged = publish_image(read_image(path), tmp_path / "forged.png", manifest)
    with pytest.raises(error, match=message):
        remake_file(forged)


def test_manifest_is_shown(weights, tmp_path):
    [path] = make("sheet", weights, tmp_path / "x.png")
    assert show_file(path).seeds == (5, 6, 7, 8, 9)
