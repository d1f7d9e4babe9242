import numpy as np
import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.faces.detection.landmarks import load_mesh
from facewright.gan.anchors.appearance import Unwarper, average_shape, fit_appearance
from facewright.gan.anchors.find import place_aligned
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.weights import NO_LABELS, load_generator, load_labels
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.latents.encoder.anchors import (
    AnchorCorrector,
    AnchorEncoder,
    load_anchor_model,
    pack_anchors,
)
from facewright.latents.encoder.objective import EncoderObjective, Subject
from facewright.latents.encoder.options import EncoderTrainOptions
from facewright.latents.encoder.psp import load_encoder
from facewright.latents.encoder.train import train_encoder
from facewright.latents.invert import RefineOptions, invert_faces
from facewright.latents.sample import sample_people
from facewright.media.stills.resize import resize_image
from facewright.pipelines.weights import open_weights
from facewright.types import Bundle, Card

OWNER = {"name": "tiny", "sha256": "0" * 64}


@pytest.fixture(scope="module")
def mesh():
    return load_mesh(open_weights("face-mesh"))


@pytest.fixture(scope="module")
def people():
    """Return ten faces that nobody has, cut by the template `eyes-mouth`."""
    bundle = open_weights("faces-128")
    drawn = sample_people(load_generator(bundle), range(10), labels=load_labels(bundle), batch=10)
    return np.stack([resize_image(sample.image, 64) for sample in drawn])


@pytest.fixture(scope="module")
def model(people, mesh):
    shapes, _ = place_aligned(mesh, people, "eyes-mouth")
    mean = average_shape(shapes)
    textures = Unwarper(mean).unwarp(people, shapes)
    return fit_appearance(textures, shapes, torch.zeros(10, 0), size=5, mean=mean)


@pytest.fixture(scope="module")
def generator():
    config = GeneratorConfig(64, z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8)
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(0).get_state())
        return Generator(config).freeze()


@pytest.fixture
def encoder(model, generator, mesh):
    return AnchorEncoder(model, generator, mesh, labels=NO_LABELS, template="eyes-mouth")


def test_a_face_is_drawn_from_its_anchor_and_zeros(encoder, model, generator, people, mesh):
    shapes, _ = place_aligned(mesh, people[:3], "eyes-mouth")
    textures = Unwarper(model.shape.numpy()).unwarp(people[:3], shapes)
    anchors = model.encode(textures, shapes, torch.zeros(3, 0))
    with torch.no_grad():
        wanted = generator.mapping(torch.cat([anchors, torch.zeros(3, 3)], 1), torch.zeros(3, 0))
    ws = encoder.encode(people[:3])
    assert ws.shape == (3, generator.num_ws, 8)
    torch.testing.assert_close(ws[:, 0], wanted)
    assert torch.equal(ws[:, 0], ws[:, -1])


def test_a_picture_without_a_face_begins_at_the_average(encoder, generator, people):
    squares = (np.indices((64, 64)).sum(0) // 8 % 2 * 255).astype(np.uint8)
    board = np.repeat(squares[..., None], 3, 2)
    ws = encoder.encode(np.stack([people[0], board]))
    assert torch.equal(ws[1, 0], generator.mapping.w_avg)
    assert not torch.equal(ws[0, 0], generator.mapping.w_avg)


def test_a_search_begins_at_the_anchor(encoder, generator, people):
    found = invert_faces(generator, people[:2], encoder=encoder, options=RefineOptions(steps=0))
    assert torch.equal(found.ws, encoder.encode(people[:2]).cpu())


def test_the_model_travels_in_a_file_that_says_whose_it_is(model, tmp_path):
    card = Card("tiny-anchors", "", licence="CC0-1.0", trained_on="nobody")
    save_bundle(tmp_path / "anchors.safetensors", pack_anchors(model, card, OWNER))
    bundle = load_bundle(tmp_path / "anchors.safetensors")
    assert bundle.config["generator"] == OWNER
    assert torch.equal(load_anchor_model(bundle).weights, model.weights)
    other = Bundle(Card("x", "encoder", licence="CC0-1.0", trained_on=""), {}, {})
    with pytest.raises(WeightsError, match="holds `encoder`, not anchors"):
        load_anchor_model(other)


def test_an_encoder_learns_to_correct_what_anchors_give(
    encoder, generator, people, tmp_path, monkeypatch
):
    monkeypatch.setattr("facewright.training.supervised._NORM_EXAMPLES", 64)
    subject = Subject(generator, "tiny", "0" * 64, NO_LABELS, anchors=encoder)
    options = EncoderTrainOptions(
        kimg=0.12, batch=4, lr=0.01, start="anchors", perceptual_weight=0, traits_weight=0
    )
    untrained = EncoderObjective(subject, options, torch.device("cpu")).build().eval()
    kept = AnchorCorrector(encoder, untrained, generator, torch.float32).encode(people[:2])
    assert torch.equal(kept, encoder.encode(people[:2]))
    path = train_encoder(subject, tmp_path / "run", options, device=torch.device("cpu"))
    trained = load_encoder(load_bundle(path))
    assert trained.config.inputs == 6
    corrector = AnchorCorrector(encoder, trained, generator, torch.float32)
    drawn = [s.image for s in sample_people(generator, range(8), labels=NO_LABELS, batch=8)]
    before, after = (
        invert_faces(generator, np.stack(drawn), encoder=e, options=RefineOptions(steps=0))
        for e in (encoder, corrector)
    )
    assert sum(after.errors) < 0.95 * sum(before.errors)
    with pytest.raises(InputError, match="6, 64, 64"):
        invert_faces(generator, people[:1], encoder=trained)
