"""Faces from seeds, files of latents and photos."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.gan.weights import load_generator
from facewright.hub.bundle import file_sha256, load_bundle, save_bundle
from facewright.jobs.commands.draw.edit import EditOptions, edit_face, edit_with
from facewright.jobs.commands.draw.faces import check_faces
from facewright.jobs.commands.draw.restyle import RestyleOptions, restyle_with
from facewright.latents.files import Tuning, load_latents, save_latents
from facewright.latents.tuning import pack_tuning
from facewright.media.decode import read_image
from facewright.pipelines.draw.edit import EditPipeline, RestylePipeline
from facewright.pipelines.draw.latents import LatentsPipeline
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Card, Manifest


@pytest.fixture
def photo(paint, tmp_path):
    """A picture with a red block, of somebody real."""
    image = paint((20, 15, 69, 74), size=(90, 100))
    return publish_image(image, tmp_path / "photo.png", Manifest("camera", {}))


def test_a_photo_becomes_latents_and_is_named_with_all_that_found_them(inverting, photo):
    told, people = [], inverting(LatentsPipeline)
    source = people.read_latents(
        str(photo), people.sampler(), refine=3, progress=lambda *done: told.append(done)
    )
    assert source.ws.shape == (1, 6, 8)
    assert source.crop.image.shape == (16, 16, 3)
    assert source.used.sources == {"face/photo.png": file_sha256(photo)}
    assert set(source.used.models) == {"custom", "tiny", "face-features", "likeness"}
    assert told[-1] == (3, 3)


def test_a_photo_is_restyled_and_stands_on_the_sheet(inverting, photo, weights, tmp_path):
    options = RestyleOptions(
        out=tmp_path / "r.png", weights=weights, sheet=True, size=40, consent="self", refine=3
    )
    restyle = inverting(RestylePipeline)
    [path] = restyle_with(restyle, (str(photo), "2"), options)
    manifest = read_manifest(path)
    assert manifest.sources == {"face/photo.png": file_sha256(photo)}
    assert (manifest.consent, manifest.parameters["refine"]) == ("self", 3)
    assert (manifest.parameters["faces"], manifest.parameters["threads"]) == ("largest", 1)
    assert {"custom", "tiny"} <= set(manifest.models)
    alone = replace(options, out=tmp_path / "s.png")
    [seeds] = restyle_with(restyle, ("1", "2"), alone)
    assert read_image(path).shape[1] == read_image(seeds).shape[1]  # one more cell, in its rows
    assert "threads" not in read_manifest(seeds).parameters


def test_a_photo_is_edited_alone_and_on_strips(inverting, photo, directions, tmp_path):
    edit = inverting(EditPipeline, directions=directions)
    given = {"direction": ("smile",), "consent": "self", "refine": 2}
    [alone] = edit_with(edit, str(photo), EditOptions(out=tmp_path / "a.png", **given))
    strips = EditOptions(out=tmp_path / "s.png", sheet=True, **given)
    [sheet] = edit_with(edit, str(photo), strips)
    first, second = (read_manifest(path) for path in (alone, sheet))
    assert first.sources == second.sources == {"face/photo.png": file_sha256(photo)}
    assert first.models == second.models
    assert first.consent == second.consent == "self"


def test_photos_of_real_people_need_consent_and_generated_ones_do_not(photo, paint, tmp_path):
    options = RestyleOptions(out=tmp_path / "r.png")
    with pytest.raises(InputError, match="may show a real person"):
        check_faces("restyle", {"FACE": "1", "STYLE": str(photo)}, options)
    check_faces("restyle", {"FACE": str(photo)}, replace(options, consent="Ada agreed"))
    made = publish_image(paint((9, 9, 40, 40)), tmp_path / "made.png", Manifest("generate", {}))
    check_faces("restyle", {"FACE": str(made)}, options)


def test_latents_carry_the_consent_that_they_were_made_with(
    inverting, keep_latents, photo, tmp_path
):
    paths = [keep_latents(tmp_path / f"{name}.latents") for name in ("ada", "ben", "nobody")]
    for path, consent in zip(paths, ("Ada agreed", "Ben agreed", "generated"), strict=True):
        save_latents(Path(path), replace(load_latents(Path(path)), consent=consent))
    restyle, (ada, ben, nobody) = inverting(RestylePipeline), paths

    def consent(*named, given=None):
        options = RestyleOptions(out=tmp_path / "x.png", consent=given, overwrite=True)
        check_faces("restyle", dict(zip(("FACE", "STYLE"), named, strict=True)), options)
        return read_manifest(restyle_with(restyle, named, options)[0]).consent

    assert consent(ada, ben) == "Ada agreed; Ben agreed"
    assert consent(nobody, ada) == "Ada agreed"
    assert consent(nobody, "3") == "generated"
    assert consent(ada, ben, given="both") == "both"
    with pytest.raises(InputError, match=r"photo\.png may show a real person"):
        consent(ada, str(photo))


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
            out=tmp_path / name,
            weights=weights,
            direction=("sefa-1",),
            strength=0.0,
            consent="self",
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
