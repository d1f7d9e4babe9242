from dataclasses import replace

import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.latents.encoder.psp import (
    Encoder,
    EncoderConfig,
    fit_pictures,
    load_encoder,
    pack_encoder,
    small_config,
)
from facewright.types import Bundle, Card

CARD = Card("tiny", "encoder")
GENERATOR = {"name": "tiny", "sha256": "0" * 64}


@pytest.fixture
def faces():
    return torch.linspace(-1, 1, 2 * 3 * 32 * 32).reshape(2, 3, 32, 32).roll(7, dims=3)


def test_every_layer_gets_a_style_vector(encoder, faces):
    assert encoder(faces).shape == (2, 6, 8)


def test_codes_are_offsets_to_the_average(encoder, faces):
    offsets = encoder(faces) - encoder.latent_avg
    encoder.latent_avg.zero_()
    assert torch.allclose(encoder(faces), offsets, atol=1e-6)


def test_a_face_has_the_same_latents_in_any_company(encoder, faces):
    assert torch.allclose(encoder(faces)[:1], encoder(faces[:1]), atol=1e-6)


def test_coarse_layers_see_the_last_stage_alone(encoder, faces):
    before = encoder(faces)
    with torch.no_grad():
        encoder.latlayer1.weight.zero_()
        encoder.latlayer2.weight.zero_()
    after = encoder(faces)
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3:], after[:, 3:])


def test_another_size_is_refused(encoder):
    with pytest.raises(InputError, match="sees"):
        encoder(torch.zeros(1, 3, 16, 16))


def test_pictures_are_brought_to_the_size_of_the_encoder():
    x = torch.arange(16.0).reshape(1, 1, 4, 4).expand(1, 3, 4, 4)
    assert fit_pictures(x, 4) is x
    assert fit_pictures(x, 2)[0, 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert fit_pictures(x, 8).shape == (1, 3, 8, 8)


def test_an_encoder_survives_its_file(encoder, faces, tmp_path):
    save_bundle(tmp_path / "e.safetensors", pack_encoder(encoder, CARD, generator=GENERATOR))
    bundle = load_bundle(tmp_path / "e.safetensors")
    assert bundle.config["generator"] == GENERATOR
    assert torch.equal(load_encoder(bundle)(faces), encoder(faces))


def test_the_published_network_has_its_published_tensors():
    with torch.device("meta"):
        tensors = Encoder(EncoderConfig(18)).state_dict()
    assert len([name for name in tensors if name.endswith("fc1.weight")]) == 24  # units of IR-SE-50
    shapes = {
        "input_layer.0.weight": (64, 3, 3, 3),
        "input_layer.2.weight": (64,),
        "body.0.res_layer.1.weight": (64, 64, 3, 3),
        "body.3.shortcut_layer.0.weight": (128, 64, 1, 1),
        "body.3.shortcut_layer.1.running_mean": (128,),
        "body.23.res_layer.5.fc2.weight": (512, 32, 1, 1),
        "styles.0.convs.6.weight": (512, 512, 3, 3),
        "styles.17.convs.10.weight": (512, 512, 3, 3),
        "styles.17.linear.weight": (512, 512),
        "latlayer1.weight": (512, 256, 1, 1),
        "latlayer2.weight": (512, 128, 1, 1),
    }
    assert {name: tuple(tensors[name].shape) for name in shapes} == shapes
    assert "body.0.shortcut_layer.0.weight" not in tensors  # a stride alone
    assert "styles.0.convs.8.weight" not in tensors


def test_the_small_network_fits_a_starter():
    with torch.device("meta"):
        network = Encoder(small_config(10, 512, 64))
    assert 2 * sum(tensor.numel() for tensor in network.state_dict().values()) < 16 << 20


def imported(tensors, **options):
    config = {"encoder": {"layout": "psp", "options": options}}
    return Bundle(Card("psp", "encoder"), config, tensors)


@pytest.fixture(scope="module")
def published():
    """The published network with two heads, so that it is small enough for a test."""
    return Encoder(EncoderConfig(2)).eval()


def test_an_imported_encoder_of_psp_is_rebuilt(published):
    average = torch.linspace(-1, 1, 512)
    tensors = {k: v for k, v in published.state_dict().items() if "num_batches" not in k}
    loaded = load_encoder(imported({**tensors, "latent_avg": average}))
    assert loaded.config == EncoderConfig(2)
    assert torch.equal(loaded.latent_avg, average.expand(2, 512))
    assert torch.equal(loaded.styles[1].linear.weight, published.styles[1].linear.weight)


def test_another_encoder_of_psp_is_named(published):
    bundle = imported(published.state_dict(), encoder_type="BackboneEncoderUsingLastLayerIntoW")
    with pytest.raises(WeightsError, match="BackboneEncoderUsingLastLayerIntoW"):
        load_encoder(bundle)


@pytest.mark.parametrize("config", [{}, {"encoder": 3}, {"encoder": {"layers": 6}}])
def test_what_is_not_understood_says_so(encoder, config):
    with pytest.raises(WeightsError, match="not understood"):
        load_encoder(Bundle(CARD, config, encoder.state_dict()))


def test_other_weights_are_refused(encoder):
    with pytest.raises(WeightsError, match="is a generator"):
        load_encoder(Bundle(Card("x", "generator"), {}, encoder.state_dict()))
    with pytest.raises(InputError, match="of the kind `encoder`"):
        pack_encoder(encoder, Card("x", "generator"), generator=GENERATOR)


@pytest.mark.parametrize(
    "change",
    [
        {"size": 48},
        {"size": 16},
        {"num_ws": 0},
        {"head": 4},
        {"widths": (8, 8, 8)},
        {"depths": (0, 1, 1, 1)},
    ],
)
def test_what_cannot_be_built_is_refused(change):
    with pytest.raises(InputError):
        replace(small_config(6, 8, 32), **change)
