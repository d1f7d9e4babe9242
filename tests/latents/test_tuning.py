import copy

import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.latents.tuning import apply_tuning, pack_tuning
from facewright.types import Bundle, Card

CARD, BASE = Card("me", "tuning"), {"name": "tiny", "sha256": "ab" * 32}


@pytest.fixture
def tuned(tiny_generator):
    """The tiny generator with one convolution changed."""
    other = copy.deepcopy(tiny_generator)
    weight = other.synthesis.b8.conv0.weight
    with torch.no_grad():
        weight.add_(0.01 * torch.randn(weight.shape, generator=seeded(0)))
    return other


def test_differences_make_the_tuned_generator_again(tiny_generator, tuned, tmp_path):
    bundle = pack_tuning(tiny_generator, tuned, CARD, base=BASE)
    assert list(bundle.tensors) == ["synthesis.b8.conv0.weight"]
    save_bundle(tmp_path / "me.safetensors", bundle, half=True)
    again = copy.deepcopy(tiny_generator)
    apply_tuning(again, load_bundle(tmp_path / "me.safetensors"), sha256="ab" * 32)
    z = torch.randn(2, 8, generator=seeded(1))
    torch.testing.assert_close(again(z), tuned(z), rtol=0, atol=1e-4)


def test_another_generator_is_refused(tiny_generator, tuned):
    bundle = pack_tuning(tiny_generator, tuned, CARD, base=BASE)
    with pytest.raises(WeightsError, match="changes the generator `tiny`"):
        apply_tuning(tiny_generator, bundle, sha256="cd" * 32)


def test_what_is_no_tuning_is_refused(tiny_generator, tuned, tiny_config):
    with pytest.raises(InputError, match="of the kind `tuning`"):
        pack_tuning(tiny_generator, tuned, Card("x", "generator"), base=BASE)
    with pytest.raises(InputError, match="configuration"):
        pack_tuning(tiny_generator, Generator(tiny_config(c_dim=2)), CARD, base=BASE)
    with pytest.raises(WeightsError, match="is a generator"):
        apply_tuning(tiny_generator, Bundle(Card("x", "generator"), {}, {}), sha256="")
    unknown = Bundle(CARD, {"generator": BASE}, {"synthesis.b8.conv9.weight": torch.zeros(1)})
    with pytest.raises(WeightsError, match="do not fit"):
        apply_tuning(tiny_generator, unknown, sha256="ab" * 32)
    with pytest.raises(WeightsError, match="None"):
        apply_tuning(tiny_generator, Bundle(CARD, {"generator": 3}, {}), sha256="ab" * 32)
