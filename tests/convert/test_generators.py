import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from facewright.convert.blocks import build_seeded
from facewright.convert.generators import Translator, TranslatorConfig, translate_images
from facewright.convert.weights import load_translator
from facewright.device import seeded
from facewright.errors import InputError
from facewright.types import Bundle, Card

TINY = {"filters": 2, "blocks": 2}
KINDS = [
    {"architecture": architecture, "norm": norm, "upsampling": upsampling}
    for architecture in ("resnet", "unet")
    for norm in ("instance", "batch")
    for upsampling in ("transposed", "resize")
]


def build(seed=0, **changes):
    return build_seeded(lambda: Translator(TranslatorConfig(**{**TINY, **changes})), seed)


@pytest.mark.parametrize("changes", KINDS, ids=lambda c: "-".join(c.values()))
def test_translators_keep_the_size_and_all_layers_learn(changes):
    translator = build(**changes)
    out = translator(torch.randn(2, 3, 16, 8, generator=seeded(0)))
    assert out.shape == (2, 3, 16, 8)
    assert out.abs().max() <= 1
    (out * torch.randn(out.shape, generator=seeded(1))).sum().backward()
    assert [n for n, p in translator.named_parameters() if p.grad is None] == []


def test_residual_translators_begin_with_the_picture_and_all_layers_learn():
    translator = build(residual=True, upsampling="resize")
    x = torch.randn(2, 3, 16, 8, generator=seeded(0))
    assert torch.equal(translator(x), x)
    optimiser = torch.optim.SGD(translator.parameters(), 0.1)
    for seed in (1, 2):  # layers before one that is zero learn from the second step on
        optimiser.zero_grad()
        (translator(x) * torch.randn(x.shape, generator=seeded(seed))).sum().backward()
        optimiser.step()
    assert not torch.equal(translator(x), x)
    silent = [n for n, p in translator.named_parameters() if "weight" in n and not p.grad.any()]
    assert silent == []


@pytest.mark.parametrize("wrong", [{"architecture": "unet"}, {"outputs": 1}, {"colour": 2.0}])
def test_only_resnets_of_equal_channels_draw_changes(wrong):
    with pytest.raises(InputError, match="residual|colour"):
        TranslatorConfig(**{**TINY, **wrong}, residual=True)


@settings(max_examples=10)
@given(height=st.integers(2, 8), width=st.integers(2, 8))
def test_resnets_take_any_multiples_of_four(height, width):
    out = build()(torch.zeros(1, 3, 4 * height, 4 * width))
    assert out.shape[-2:] == (4 * height, 4 * width)


@pytest.mark.parametrize(
    ("changes", "size"),
    [({}, (18, 16)), ({}, (4, 4)), ({"architecture": "unet", "blocks": 4}, (24, 32))],
)
def test_other_sizes_are_refused(changes, size):
    with pytest.raises(InputError, match=f"not {size[1]}×{size[0]}"):
        build(**changes)(torch.zeros(1, 3, *size))


@pytest.mark.parametrize(("blocks", "side"), [(7, 128), (8, 256)])
def test_u_nets_halve_to_a_point(blocks, side):
    translator = build(architecture="unet", blocks=blocks, filters=1)
    sides = []
    translator.model.down[-1].register_forward_hook(lambda *a: sides.append(a[2].shape[-1]))
    assert translator(torch.zeros(1, 3, side, side)).shape[-1] == side
    assert sides == [1]


def test_shortcuts_of_a_u_net_carry_detail():
    translator = build(architecture="unet", blocks=3)
    translator.model.up[0].register_forward_hook(lambda *a: torch.zeros_like(a[2]))
    one, two = (translator(torch.randn(1, 3, 8, 8, generator=seeded(n))) for n in (0, 1))
    assert not torch.allclose(one, two)


def test_first_weights_depend_on_the_seed_alone():
    one, two, other = build(3), build(3), build(4)
    same = [torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True)]
    assert all(same)
    assert not torch.equal(one.model[1].weight, other.model[1].weight)
    spread = float(build(filters=32).model[4].weight.detach().std())
    assert 0.018 < spread < 0.022


def test_resize_convolution_leaves_no_checkerboard():
    """From flat feature maps, repeated pixels give flat pictures; transposed ones do not."""
    variation = {}
    for kind in ("resize", "transposed"):
        doubling = build(upsampling=kind).model[12]
        out = doubling(torch.ones(1, 8, 4, 4))[:, :, 2:-2, 2:-2]
        variation[kind] = float(out.detach().std(dim=(2, 3)).max())
    assert variation["resize"] < 1e-6 < 1e-3 < variation["transposed"]


@pytest.mark.parametrize(
    "wrong", [{"blocks": 0}, {"filters": 1.5}, {"norm": "layer"}, {"upsampling": "bicubic"}]
)
def test_configurations_without_meaning_are_refused(wrong):
    with pytest.raises(InputError, match=f"not built with {next(iter(wrong))}"):
        TranslatorConfig(**wrong)


def draw_pictures(count):
    return np.random.default_rng(0).integers(0, 256, (count, 16, 12, 3), np.uint8)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_batches_do_not_change_translations(count):
    translator, images = build().eval(), draw_pictures(count)
    out = translate_images(translator, images, batch=2)
    assert (out.shape, out.dtype) == (images.shape, np.uint8)
    single = [translate_images(translator, image[None])[0] for image in images]
    assert all(np.abs(x.astype(int) - y).max() <= 1 for x, y in zip(out, single, strict=True))


def test_strength_leads_in_a_line_from_the_picture_to_its_translation():
    translator, images = build().eval(), draw_pictures(2)
    none, half, whole = (translate_images(translator, images, strength=s) for s in (0, 0.5, 1))
    assert np.array_equal(none, images)
    assert not np.array_equal(whole, images)
    assert np.abs(half - (images.astype(float) + whole) / 2).max() <= 1


def test_half_precision_translations_are_near():
    translator, images = build().eval(), draw_pictures(2)
    exact = translate_images(translator, images).astype(float)
    near = translate_images(translator, images, dtype=torch.bfloat16)
    assert ((near - exact) ** 2).mean() < 255**2 / 10**4  # 40 dB


@pytest.mark.parametrize("strength", [-0.1, 2.1, float("nan")])
def test_strengths_out_of_range_are_refused(strength):
    with pytest.raises(InputError, match="from 0 to 2"):
        translate_images(build(), draw_pictures(1), strength=strength)


def test_sizes_that_do_not_fit_are_refused_before_anything_is_computed():
    with pytest.raises(InputError, match="not 10×16"):
        translate_images(build(), np.zeros((1, 16, 10, 3), np.uint8), strength=0)


@pytest.mark.oracle
def test_reference_translator_is_matched(oracles):
    tensors = torch.load(
        oracles / "cyclegan_resnet_6blocks_latest_net_G.pth", weights_only=True, map_location="cpu"
    )
    numbers = np.load(oracles / "cyclegan.npz")
    config = {"filters": tensors["model.1.weight"].shape[0], "blocks": 6}
    translator = load_translator(
        Bundle(Card("theirs", "translator"), {"translator": config}, tensors)
    )
    out = translator(torch.from_numpy(numbers["x"]))
    expected = torch.from_numpy(numbers["out_resnet_6blocks"])
    assert float((out - expected).abs().max()) < 1e-4


def test_weights_in_bfloat16_give_nearly_the_same_and_leave_what_does_not_change():
    images = draw_pictures(2)
    exact = translate_images(build(), images).astype(float)
    near = translate_images(build().to(torch.bfloat16), images, dtype=torch.bfloat16)
    assert ((near - exact) ** 2).mean() < 255**2 / 10**4  # 40 dB
    still = build(residual=True).to(torch.bfloat16)
    assert (translate_images(still, images, dtype=torch.bfloat16) == images).all()
