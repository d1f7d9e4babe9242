import pytest
import torch

from facewright.convert.blocks import build_seeded
from facewright.convert.discriminators import PatchConfig, PatchDiscriminator
from facewright.device import seeded
from facewright.errors import InputError


def build(**changes):
    config = PatchConfig(**{"filters": 2, **changes})
    return build_seeded(lambda: PatchDiscriminator(config), 0)


def widest_view(network, side):
    """Return how many columns of the picture one score in the middle depends on."""
    for layer in list(network.modules()):
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.ones_(layer.weight)
    x = torch.ones(1, 3, side, side, requires_grad=True)
    layers = [m for m in network.model if not isinstance(m, torch.nn.InstanceNorm2d)]
    out = torch.nn.Sequential(*layers)(x)  # normalised, every score would see the whole picture
    out[0, 0, out.shape[2] // 2, out.shape[3] // 2].backward()
    return int((x.grad[0, 0].abs().sum(dim=0) > 0).sum())


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"kind": "pixel"}, 1),
        ({"kind": "n-layers", "layers": 1}, 16),
        ({"kind": "n-layers", "layers": 2}, 34),
        ({"kind": "basic"}, 70),
    ],
)
def test_each_score_looks_at_a_patch(changes, seen):
    assert widest_view(build(**changes), 128) == seen


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_basic_is_n_layers_of_three(norm):
    basic, three = (build(kind=kind, norm=norm) for kind in ("basic", "n-layers"))
    x = torch.randn(2, 3, 32, 32, generator=seeded(0))
    assert torch.equal(basic(x), three(x))
    assert basic(x).shape == (2, 1, 2, 2)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_too_small_pictures_are_refused(layers):
    network = build(kind="n-layers", layers=layers)
    smallest = network.config.smallest
    assert network(torch.zeros(1, 3, smallest, smallest)).shape == (1, 1, 1, 1)
    with pytest.raises(InputError, match=f"from {smallest} pixels on"):
        network(torch.zeros(1, 3, smallest - 1, smallest))


def test_unknown_kinds_are_refused():
    with pytest.raises(InputError, match="no discriminator is called `huge`"):
        PatchConfig(kind="huge")
    with pytest.raises(InputError, match="at least one"):
        PatchConfig(layers=0)
