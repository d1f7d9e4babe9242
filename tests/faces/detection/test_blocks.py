import pytest
import torch
from torch import nn

from facewright.device import seeded
from facewright.errors import WeightsError
from facewright.faces.detection.blocks import Conv, Residual, fold_norms, load_folded
from facewright.types import Bundle, Card


@pytest.fixture
def network() -> nn.Module:
    """A small network whose normalisations have something to say."""
    network = nn.Sequential(Conv(3, 4, stride=2), Residual(4), Conv(4, 2, kernel=1, relu=False))
    rng = seeded(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight.data, module.bias.data, module.running_mean):
                tensor.copy_(torch.randn(tensor.shape, generator=rng))
            module.running_var.copy_(torch.rand(module.running_var.shape, generator=rng) + 0.5)
    return network.eval()


def test_folding_keeps_what_a_network_computes(network):
    x = torch.randn(2, 3, 8, 8, generator=seeded(1))
    with torch.no_grad():
        before = network(x).clone()
        after = fold_norms(network)(x)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-5)


def build(fields):
    return nn.Sequential(Conv(fields["inside"], 2))


def bundle(**changes):
    tensors = fold_norms(build({"inside": 3})).state_dict()
    return Bundle(Card("x", changes.get("kind", "thing")), {"thing": {"inside": 3}}, tensors)


def test_folded_weights_build_a_network_that_cannot_be_trained():
    network = load_folded(bundle(), "thing", build, "cpu")
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())


def test_weights_of_another_kind_are_refused():
    with pytest.raises(WeightsError, match="not thing"):
        load_folded(bundle(kind="generator"), "thing", build, "cpu")


def test_a_configuration_that_is_not_understood_is_told():
    with pytest.raises(WeightsError, match="configuration"):
        load_folded(Bundle(Card("x", "thing"), {}, {}), "thing", build, "cpu")


def test_tensors_that_do_not_fit_are_told():
    with pytest.raises(WeightsError, match="do not fit"):
        load_folded(Bundle(Card("x", "thing"), {"thing": {"inside": 3}}, {}), "thing", build, "cpu")
