"""Faces from seeds, files of latents and photos."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.gan.weights import load_generator
from facewright.hub.bundle import file_sha256, load_bundle, save_bundle
from facewright.latents.files import Tuning, load_latents, save_latents
from facewright.latents.tuning import pack_tuning
from facewright.media.decode import read_image
from facewright.provenance.publish import publish_image, read_manifest
from facewright.tasks.drawing import open_easel
from facewright.tasks.steering.darkroom import Darkroom
from facewright.tasks.steering.editing import EditOptions, edit_face
from facewright.tasks.steering.restyling import RestyleOptions, check_restyle, restyle_with
from facewright.tasks.steering.sitters import SitterOptions, check_sitters, open_sitter
from facewright.types import Card, Manifest


@pytest.fixture
def darkroom(lookout, inverter):
    """Takes red blocks for faces, and looks for their latents in three steps."""
    return Darkroom(lambda: (lookout, inverter), steps=3)


@pytest.fixture
def photo(paint, tmp_path):
    """A picture with a red block, of somebody real."""
    image = paint((20, 15, 69, 74), size=(90, 100))
    return publish_image(image, tmp_path / "photo.png", Manifest("camera", {}))


@pytest.fixture
def easel(weights):
    return open_easel(SitterOptions(out=Path(), weights=weights, batch=2))


def test_a_photo_becomes_latents_and_is_named_with_all_that_found_them(easel, darkroom, photo):
    told = []
    sitter = open_sitter(easel, darkroom, str(photo), lambda *done: told.append(done))
    assert sitter.styles.shape == (1, 6, 8)
    assert sitter.photo.shape == (16, 16, 3)
    assert sitter.sources == {"photo.png": file_sha256(photo)}
    assert set(sitter.models) == {"red", "tiny"}
    assert told[-1] == (3, 3)


def test_a_photo_is_restyled_and_stands_on_the_sheet(easel, darkroom, photo, weights, tmp_path):
    options = RestyleOptions(
        out=tmp_path / "r.png", weights=weights, sheet=True, size=40, consent="self", refine=3
    )
    named = {"face": str(photo), "style": "2"}
    [path] = restyle_with(easel, darkroom, named, options)
    manifest = read_manifest(path)
    assert manifest.sources == {"face/photo.png": file_sha256(photo)}
    assert manifest.parameters["refine"] == 3
    assert set(manifest.models) == {"red", "tiny"}
    alone = replace(options, out=tmp_path / "s.png")
    [seeds] = restyle_with(easel, darkroom, {"face": "1", "style": "2"}, alone)
    assert read_image(path).shape[1] == read_image(seeds).shape[1]  # one more cell, in its rows


def test_photos_of_real_people_need_consent_and_generated_ones_do_not(photo, paint, tmp_path):
    options = RestyleOptions(out=tmp_path / "r.png")
    with pytest.raises(InputError, match="may show a real person"):
        check_restyle("1", str(photo), options)
    assert check_restyle(str(photo), "1", replace(options, consent="Ada agreed")) == "Ada agreed"
    made = publish_image(paint((9, 9, 40, 40)), tmp_path / "made.png", Manifest("generate", {}))
    assert check_restyle(str(made), "1", options) == "generated"


def test_latents_carry_the_consent_that_they_were_made_with(keep_latents, photo, tmp_path):
    paths = [keep_latents(tmp_path / f"{name}.latents") for name in ("ada", "ben", "nobody")]
    for path, consent in zip(paths, ("Ada agreed", "Ben agreed", "generated"), strict=True):
        save_latents(Path(path), replace(load_latents(Path(path)), consent=consent))
    ada, ben, nobody = paths
    check = partial(check_sitters, "restyle")
    options = SitterOptions(out=tmp_path / "x.png")
    assert check({"FACE": ada, "STYLE": ben}, options) == "Ada agreed; Ben agreed"
    assert check({"FACE": nobody, "STYLE": ada}, options) == "Ada agreed"
    assert check({"FACE": nobody, "STYLE": "3"}, options) == "generated"
    assert check({"FACE": ada}, replace(options, consent="both")) == "both"
    with pytest.raises(InputError, match="photo.png may show a real person"):
        check({"FACE": ada, "STYLE": str(photo)}, options)


@pytest.fixture
def tuned_latents(weights, keep_latents, tmp_path):
    """Latents that want the generator bent."""
    bundle = load_bundle(Path(weights))
    generator, tuned = load_generator(bundle), load_generator(bundle)
    with torch.no_grad():
        tuned.synthesis.b16.torgb.bias.add_(0.5)
    base = {"name": "tiny", "sha256": bundle.card.sha256}
    tuning = pack_tuning(generator, tuned, Card(name="bent", kind="tuning"), base=base)
    card = save_bundle(tmp_path / "face-tuning.safetensors", tuning)
    path = Path(keep_latents(tmp_path / "face.latents"))
    wanted = Tuning("face-tuning.safetensors", card.sha256)
    save_latents(path, replace(load_latents(path), tuning=wanted, consent="self"))
    return path


def test_latents_bend_the_generator_as_they_want(tuned_latents, keep_latents, weights, tmp_path):
    def edit(name, face):
        options = EditOptions(
            out=tmp_path / name, weights=weights, direction=("sefa-1",), by=0.0, consent="self"
        )
        return edit_face(str(face), options=options)[0]

    bent = edit("bent.png", tuned_latents)
    plain = edit("plain.png", keep_latents(tmp_path / "plain.latents"))
    assert read_image(bent).mean() > read_image(plain).mean() + 30
    assert set(read_manifest(bent).models) == {"tiny", "face-tuning.safetensors"}
    np.testing.assert_array_equal(read_image(edit("again.png", tuned_latents)), read_image(bent))
    (tmp_path / "face-tuning.safetensors").unlink()
    with pytest.raises(WeightsError, match="face-tuning"):
        edit("gone.png", tuned_latents)
