"""Drawn faces above the size that they are drawn at."""

from pathlib import Path

import numpy as np
import pytest
import torch

import facewright as fw
from facewright.device import seeded
from facewright.errors import InputError
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.draw.interpolate import InterpolateOptions, interpolate_faces
from facewright.jobs.commands.draw.mix import MixOptions, mix_faces
from facewright.jobs.commands.remake import remake_file
from facewright.jobs.restore import Places, restore_call
from facewright.media.decode import read_image
from facewright.media.stills.resize import resize_image
from facewright.provenance.publish import read_manifest
from facewright.refine.network import (
    RefinerConfig,
    build_refiner,
    load_refiner,
    pack_refiner,
    refine_image,
)
from facewright.types import Card, Manifest

pytestmark = pytest.mark.usefixtures("unmarked")
TINY = {"batch": 1, "device": "cpu", "precision": "float32"}


@pytest.fixture(scope="module")
def save(tmp_path_factory):
    """Write a tiny refiner that is far from doing nothing; return its file."""

    def write(resolution=16, template=""):
        network = build_refiner(RefinerConfig(resolution, template, filters=4, blocks=1), seed=0)
        torch.nn.init.normal_(network.last.weight, 0, 0.3, generator=seeded(1))
        path = tmp_path_factory.mktemp("refiner") / "tiny-refiner.safetensors"
        save_bundle(path, pack_refiner(network, Card("tiny-refiner", "refiner")))
        return str(path)

    return write


@pytest.fixture(scope="module")
def refiner(save):
    return save()


def draw(weights, out, **options):
    generate_faces(GenerateOptions(weights=weights, out=out, seeds="5", **TINY, **options))
    return read_image(out)


@pytest.mark.parametrize("size", [20, 32, 40])
def test_people_above_the_size_of_their_generator_are_refined(weights, refiner, size, tmp_path):
    plain = draw(weights, tmp_path / "plain.png", refiner=refiner)
    image = draw(weights, tmp_path / "x.png", size=size, refiner=refiner)
    bundle = load_bundle(Path(refiner))
    expected = resize_image(refine_image(load_refiner(bundle), plain), size)
    assert np.array_equal(image, expected)
    assert not np.array_equal(image, resize_image(plain, size))
    manifest = read_manifest(tmp_path / "x.png")
    assert manifest.parameters["refiner"] == "tiny-refiner"
    assert manifest.models["tiny-refiner"] == bundle.card.sha256
    assert read_manifest(tmp_path / "plain.png").parameters["refiner"] == "none"


def test_a_sheet_holds_refined_people(weights, refiner, tmp_path):
    options = {"weights": weights, "size": 32, "refiner": refiner, **TINY}
    sheet = tmp_path / "sheet.png"
    generate_faces(GenerateOptions(seeds="5,6", out=sheet, **options))
    alone = draw(out=tmp_path / "x.png", **{k: v for k, v in options.items() if k not in TINY})
    rows = np.lib.stride_tricks.sliding_window_view(read_image(sheet), alone.shape)
    assert (rows == alone).all(axis=(-3, -2, -1)).any()


def test_no_refine_enlarges_without_a_network(weights, refiner, tmp_path):
    plain = draw(weights, tmp_path / "plain.png")
    image = draw(weights, tmp_path / "x.png", size=32, refiner=refiner, no_refine=True)
    assert np.array_equal(image, resize_image(plain, 32))
    manifest = read_manifest(tmp_path / "x.png")
    assert manifest.parameters["refiner"] == "none"
    assert "tiny-refiner" not in manifest.models


def test_grids_and_clips_name_their_refiner(weights, refiner, tmp_path):
    options = {"weights": weights, "size": 32, "refiner": refiner, **TINY}
    mix_faces(MixOptions(rows="1", columns="2", out=tmp_path / "x.png", **options))
    walk = InterpolateOptions(seeds="1,2", seconds=0.2, out=tmp_path / "x.mp4", **options)
    interpolate_faces(walk)
    for name in ("x.png", "x.mp4"):
        assert "tiny-refiner" in read_manifest(tmp_path / name).models


def test_edited_and_restyled_people_are_refined(weights, refiner, find):
    networks = {"refiner": refiner, "find": find, "device": "cpu", "dtype": "float32"}
    edit = fw.EditPipeline(weights, encoder="none", **networks)
    restyle = fw.RestylePipeline(weights, **networks)
    one = edit(5, directions={"sefa-1": 1.0}, size=32)
    other = restyle(5, 6, size=32)
    for result in (one, other):
        assert result.manifest.parameters["refiner"] == "tiny-refiner"
        assert result.image.shape == (32, 32, 3)


@pytest.mark.parametrize(("resolution", "template"), [(32, ""), (16, "eyes-mouth")])
def test_refiners_of_other_faces_are_refused(weights, save, resolution, template, tmp_path):
    other = save(resolution, template)
    with pytest.raises(InputError, match="`tiny` draws others"):
        draw(weights, tmp_path / "x.png", size=32, refiner=other)


def test_faces_that_no_refiner_suits_are_enlarged_without(weights, tmp_path):
    plain = draw(weights, tmp_path / "plain.png")
    image = draw(weights, tmp_path / "x.png", size=32)
    assert np.array_equal(image, resize_image(plain, 32))


def test_what_the_starters_draw_twice_as_large_is_made_again(tmp_path):
    options = {"seeds": "1", "batch": 1, "device": "cpu"}
    generate_faces(GenerateOptions(out=tmp_path / "x.png", size=256, **options))
    assert read_manifest(tmp_path / "x.png").parameters["refiner"] == "refiner-256"
    assert remake_file(tmp_path / "x.png").likeness == "bytes"


def test_what_was_made_before_there_were_refiners_is_made_again_without(tmp_path):
    manifest, places = Manifest("generate", {"size": 256}, seeds=(1,)), Places(folders=(tmp_path,))
    call = restore_call(manifest, tmp_path / "x.png", places, device=None, overwrite=False)
    assert call.options.refiner == "none"
