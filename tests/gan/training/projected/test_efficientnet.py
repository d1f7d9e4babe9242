import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError, WeightsError
from facewright.gan.training.projected import efficientnet
from facewright.gan.training.projected.efficientnet import (
    WIDTHS,
    EfficientNetLite0,
    SameConv2d,
    load_efficientnet,
)


def test_five_maps_halve_the_picture_again_and_again():
    maps = EfficientNetLite0()(torch.zeros(2, 3, 64, 64))
    assert [tuple(x.shape) for x in maps] == [
        (2, width, 32 >> k, 32 >> k) for k, width in enumerate(WIDTHS)
    ]


@pytest.mark.parametrize(("kernel", "side"), [(3, 8), (5, 8), (3, 7), (5, 9)])
def test_a_stride_pads_more_on_the_right_and_below(kernel, side):
    conv = SameConv2d(1, 1, kernel, stride=2)
    torch.nn.init.ones_(conv.weight)
    torch.nn.init.zeros_(conv.bias)
    x = torch.randn(1, 1, side, side, generator=seeded(0))
    total = max((-(-side // 2) - 1) * 2 + kernel - side, 0)
    before = total // 2
    padded = torch.nn.functional.pad(x, (before, total - before) * 2)
    windows = padded.unfold(2, kernel, 2).unfold(3, kernel, 2)
    torch.testing.assert_close(conv(x), windows.sum((-1, -2)))


@pytest.mark.parametrize(("kernel", "side"), [(3, 8), (5, 8), (3, 7), (5, 9)])
def test_the_gradient_of_a_depthwise_stride_is_that_of_pytorch(kernel, side):
    conv = SameConv2d(4, 4, kernel, stride=2, groups=4).requires_grad_(False)
    ones = torch.randn(2, 4, side, side, generator=seeded(0)).requires_grad_()
    others = ones.detach().clone().requires_grad_()
    padded = torch.nn.functional.pad(others, (*conv._share(side), *conv._share(side)))
    wanted = torch.nn.functional.conv2d(padded, conv.weight, conv.bias, 2, groups=4)
    found = conv(ones)
    assert torch.equal(found, wanted)
    found.square().sum().backward()
    wanted.square().sum().backward()
    torch.testing.assert_close(ones.grad, others.grad)


def test_normalisations_are_folded_into_the_convolutions(tmp_path):
    rng, theirs = seeded(1), {}
    network = EfficientNetLite0()
    pairs = {"stem": ("_conv_stem", "_bn0")}
    for number, block in enumerate(network.blocks):
        if block.expand is not None:
            pairs[f"blocks.{number}.expand"] = (
                f"_blocks.{number}._expand_conv",
                f"_blocks.{number}._bn0",
            )
        for ours, conv, norm in (
            ("depthwise", "_depthwise_conv", "_bn1"),
            ("project", "_project_conv", "_bn2"),
        ):
            pairs[f"blocks.{number}.{ours}"] = (
                f"_blocks.{number}.{conv}",
                f"_blocks.{number}.{norm}",
            )
    for ours, (conv, norm) in pairs.items():
        weight = network.get_submodule(ours).weight
        theirs[f"{conv}.weight"] = torch.randn(weight.shape, generator=rng)
        for key in ("weight", "bias", "running_mean"):
            theirs[f"{norm}.{key}"] = torch.randn(len(weight), generator=rng)
        theirs[f"{norm}.running_var"] = torch.rand(len(weight), generator=rng) + 0.5
    torch.save(theirs, tmp_path / "weights.pth")
    loaded = load_efficientnet(tmp_path / "weights.pth")
    x = torch.randn(1, 3, 16, 16, generator=rng)
    plain = torch.nn.functional.conv2d(
        torch.nn.functional.pad(x, (0, 1, 0, 1)), theirs["_conv_stem.weight"], stride=2
    )
    wanted = torch.nn.functional.batch_norm(
        plain,
        *(theirs[f"_bn0.{key}"] for key in ("running_mean", "running_var", "weight", "bias")),
        eps=1e-3,
    )
    torch.testing.assert_close(loaded.stem(x), wanted, rtol=1e-4, atol=1e-4)
    assert not any(p.requires_grad for p in loaded.parameters())


def test_a_file_of_something_else_is_refused(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="does not hold EfficientNet-Lite0"):
        load_efficientnet(tmp_path / "other.pth")
    (tmp_path / "page.pth").write_text("<html>")
    with pytest.raises(WeightsError, match="does not hold"):
        load_efficientnet(tmp_path / "page.pth")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(efficientnet, "PACKAGE", "no_such_package_anywhere")
    with pytest.raises(InputError, match="not installed") as caught:
        load_efficientnet()
    assert "facewright[train]" in caught.value.hint
