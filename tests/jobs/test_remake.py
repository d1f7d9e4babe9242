"""Files that are made again."""

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from facewright.errors import FileError, InputError, WeightsError
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.draw.interpolate import InterpolateOptions, interpolate_faces
from facewright.jobs.commands.draw.mix import MixOptions, mix_faces
from facewright.jobs.commands.remake import compare_files, computing_with, remake_file
from facewright.jobs.commands.show import show_file
from facewright.jobs.interface.people import FaceChoice
from facewright.jobs.interface.seeds import FaceGallery, draw_seed
from facewright.jobs.restore import read_options
from facewright.media.decode import read_image
from facewright.pipelines.weights import STARTER
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import publish_clip, publish_image, read_manifest
from facewright.types import Clip, Manifest


def make(task, weights, out):
    common = {"weights": weights, "out": out, "batch": 4, "device": "cpu"}
    if task == "mix":
        return mix_faces(MixOptions(rows="1", columns="2,3", size=32, **common))
    if task == "interpolate":
        return interpolate_faces(InterpolateOptions(seeds="1,2", seconds=0.2, size=32, **common))
    options = {
        "one": {"seeds": "5", "truncation_psi": 1.0, "cutoff": 2},
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
    remade = remake_file(path, weights=weights)
    assert remade.path == tmp_path / name.replace(".", "-remade.")
    assert remade.likeness == "bytes"
    assert digest_unsigned(remade.path) == digest_unsigned(path)


@pytest.mark.parametrize("task", ["sheet", "varied", "mix", "interpolate"])
def test_people_in_place_of_rejected_ones_are_made_again(task, choosy_weights, tmp_path):
    name = "x.gif" if task == "interpolate" else "x.png"
    [path] = make(task, choosy_weights, tmp_path / name)
    assert remake_file(path, weights=choosy_weights).likeness == "bytes"


def test_every_file_of_a_folder_can_be_made_again(weights, tmp_path):
    options = GenerateOptions(
        seeds="0-2", out=tmp_path / "p", sheet=True, captions=True, weights=weights, format="jpg"
    )
    paths = generate_faces(options)
    assert [remake_file(path, weights=weights).likeness for path in paths] == ["bytes"] * 4


def test_other_weights_are_refused(weights, plain_weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    with pytest.raises(WeightsError, match="are not those that made this file"):
        remake_file(path, weights=plain_weights)


def test_no_path_gets_into_a_file(weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    assert read_manifest(path).parameters["weights"] == "tiny"
    assert str(Path(weights).parent).encode() not in path.read_bytes()


def test_weights_may_be_anywhere_under_any_name(weights, plain_weights, tmp_path, monkeypatch):
    [path] = make("one", weights, tmp_path / "x.png")
    moved = shutil.copy(weights, tmp_path / "b.safetensors")
    monkeypatch.delenv("FACEWRIGHT_WEIGHTS", raising=False)
    with pytest.raises(WeightsError, match="`tiny` that made this file are not known") as caught:
        remake_file(path)
    assert "--weights FILE" in caught.value.hint
    monkeypatch.setenv("FACEWRIGHT_WEIGHTS", plain_weights)
    with pytest.raises(WeightsError, match="are others now"):
        remake_file(path)
    monkeypatch.setenv("FACEWRIGHT_WEIGHTS", "nobody")
    with pytest.raises(WeightsError, match="no weights called `nobody`"):
        remake_file(path)
    assert remake_file(path, weights=str(moved)).likeness == "bytes"
    monkeypatch.setenv("FACEWRIGHT_WEIGHTS", str(moved))
    assert remake_file(path, overwrite=True).likeness == "bytes"


def test_weights_of_the_catalog_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.delenv("FACEWRIGHT_WEIGHTS", raising=False)
    options = GenerateOptions(seeds="5", out=tmp_path / "x.png", weights=STARTER, batch=1)
    [path] = generate_faces(options)
    assert remake_file(path).likeness == "bytes"


def test_weights_are_not_taken_from_a_path_in_a_manifest(weights, tmp_path, monkeypatch):
    monkeypatch.delenv("FACEWRIGHT_WEIGHTS", raising=False)
    [path] = make("one", weights, tmp_path / "x.png")
    manifest = read_manifest(path)
    parameters = {**manifest.parameters, "weights": weights}
    forged = publish_image(
        read_image(path), tmp_path / "f.png", replace(manifest, parameters=parameters)
    )
    with pytest.raises(WeightsError, match="are not known"):
        remake_file(forged)


def test_gpu_of_any_name_is_one_type_of_device():
    manifest = Manifest("generate", {"truncation_psi": 1.0}, (1,), device="cuda: Some GPU")
    assert read_options(manifest, GenerateOptions)["device"] == "cuda"


def test_file_that_was_changed_is_told_from_its_remake(weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    forged = publish_image(255 - read_image(path), tmp_path / "forged.png", read_manifest(path))
    assert remake_file(forged, weights=weights).likeness == "different"


def test_clips_are_compared_to_their_last_frame(tmp_path):
    for name in ("a.gif", "a.mp4"):
        paths = [tmp_path / f"{kind}-{name}" for kind in ("whole", "other", "short")]
        for path, levels in zip(paths, ([0, 90, 200], [0, 90, 20], [0, 90]), strict=True):
            frames = (np.full((32, 32, 3), level, np.uint8) for level in levels)
            publish_clip(Clip((32, 32), Fraction(5), frames), path, Manifest(str(path), {}))
        assert [compare_files(paths[0], path) for path in paths] == [
            "bytes",
            "different",
            "different",
        ]


def test_original_is_never_replaced(weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    with pytest.raises(InputError, match="own place"):
        remake_file(path, out=path, overwrite=True)


@pytest.mark.parametrize(
    ("manifest", "error", "message"),
    [
        (Manifest("sculpt", {}), InputError, "made by `sculpt`"),
        (Manifest("generate", {"hat": 1}, (1,)), FileError, "not understood: hat"),
        (
            Manifest("generate", {"truncation_psi": "x"}, (1,)),
            FileError,
            "not understood: truncation_psi",
        ),
        (Manifest("generate", {"batch": True}, (1,)), FileError, "not understood: batch"),
        (Manifest("generate", {"noise": "loud"}, (1,)), FileError, "not understood: noise"),
        (Manifest("mix", {"rows": "1"}), FileError, "incomplete"),
        (Manifest("swap", {"stopped_after": 7}), InputError, "ended early cannot be made again"),
        (Manifest("swap", {"second": 1.5}), InputError, "camera saw cannot be made again"),
        (Manifest("expressions", {}), InputError, "camera saw cannot be made again"),
        (Manifest("expressions timeline", {}), InputError, "cannot be made again on its own"),
    ],
)
def test_forged_manifests_are_refused(manifest, error, message, weights, tmp_path):
    [path] = make("one", weights, tmp_path / "x.png")
    forged = publish_image(read_image(path), tmp_path / "forged.png", manifest)
    with pytest.raises(error, match=message):
        remake_file(forged)


def test_as_many_threads_compute_as_then():
    before = torch.get_num_threads()
    with computing_with(3):
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before
    for wrong in (0, 10**6, "2"):
        with pytest.raises(FileError, match="threads"), computing_with(wrong):
            pass


def test_manifest_is_shown(weights, tmp_path):
    [path] = make("sheet", weights, tmp_path / "x.png")
    assert show_file(path).seeds == (5, 6, 7, 8, 9)


@pytest.mark.parametrize("size", [None, 8, 40])
def test_face_of_the_studio_is_made_again(size, weights, tmp_path):
    choice = FaceChoice(7, size=size, gender="f", psi=0.5)
    path = tmp_path / "face-7.webp"
    path.write_bytes(FaceGallery(weights).render(choice))
    assert remake_file(path, weights=weights).likeness == "bytes"


@pytest.mark.slow
def test_face_of_the_studio_is_refined_as_generate_does(tmp_path):
    path = tmp_path / "face-7.webp"
    path.write_bytes(FaceGallery().render(FaceChoice(7, size=512)))
    assert read_manifest(path).parameters["refiner"] == "refiner-256"
    assert remake_file(path).likeness == "bytes"


def test_input_that_a_job_drew_is_made_again(weights, tmp_path, monkeypatch):
    monkeypatch.setenv("FACEWRIGHT_WEIGHTS", weights)
    draw_seed(tmp_path / "seed-7.png", {"seed": 7, "size": 40})
    assert remake_file(tmp_path / "seed-7.png").likeness == "bytes"
