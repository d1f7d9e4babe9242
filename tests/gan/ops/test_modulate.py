import numpy as np
import pytest
import torch
from torch.nn import functional as F

from facewright.device import seeded
from facewright.gan.layers.styled import SynthesisLayer
from facewright.gan.ops.modulate import (
    demodulation,
    finish_style,
    finish_style_,
    fold_style,
    modulated_conv2d,
    modulated_conv2d_reference,
    squared_sum,
)
from facewright.gan.ops.upfirdn import setup_filter

FILTER = setup_filter((1, 3, 3, 1))


@pytest.mark.oracle
@pytest.mark.parametrize("convolve", [modulated_conv2d_reference, modulated_conv2d])
@pytest.mark.parametrize("up", [1, 2])
@pytest.mark.parametrize("demodulate", [False, True])
def test_modulated_convolution_equals_the_reference_program(oracles, convolve, up, demodulate):
    ops = {k: torch.from_numpy(v) for k, v in np.load(oracles / "ops.npz").items() if v.ndim}
    y = convolve(ops["x"], ops["w3"], ops["styles"], up=up, f=FILTER, demodulate=demodulate)
    y = y + ops[f"noise_u{up}"]
    torch.testing.assert_close(
        y, ops[f"modconv_u{up}_demod{int(demodulate)}"], rtol=1e-5, atol=1e-5
    )


def draw(kernel: int, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, ...]:
    rng = seeded(kernel)
    shapes = ((2, 3, 5, 6), (4, 3, kernel, kernel), (2, 3))
    return tuple(torch.randn(s, generator=rng, dtype=dtype).requires_grad_() for s in shapes)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("up", [1, 2])
@pytest.mark.parametrize("demodulate", [False, True])
def test_one_convolution_does_the_same_as_one_per_sample(kernel, up, demodulate):
    """Values, gradients, and gradients of the gradients, as path length regularisation needs."""
    results = []
    for convolve in (modulated_conv2d_reference, modulated_conv2d):
        inputs = draw(kernel)
        y = convolve(*inputs, up=up, f=FILTER, demodulate=demodulate)
        assert y.shape == (2, 4, 5 * up, 6 * up)
        weight = torch.randn(y.shape, generator=seeded(9))
        first = torch.autograd.grad((y * weight).sum(), inputs, create_graph=True)
        second = torch.autograd.grad(sum(g.square().sum() for g in first), inputs)
        results.append((y, *first, *second))
    for slow, fast in zip(*results, strict=True):
        limit = 1e-5 * float(slow.detach().abs().max())
        torch.testing.assert_close(fast, slow, rtol=1e-5, atol=limit)


def test_gradients_are_those_of_the_function():
    inputs = draw(3, torch.float64)
    assert torch.autograd.gradcheck(
        lambda x, w, s: modulated_conv2d(x, w, s, demodulate=False), inputs, fast_mode=True
    )


def test_demodulation_returns_unit_weights():
    _, weight, styles = draw(3)
    scaled = weight[None] * styles[:, None, :, None, None]
    lengths = scaled.square().sum(dim=(2, 3, 4)).sqrt()  # [n outputs]
    factors = demodulation(styles, squared_sum(weight))
    torch.testing.assert_close(lengths * factors, torch.ones(2, 4))


@pytest.mark.parametrize("with_noise", [False, True])
def test_finish_is_demodulation_noise_bias_and_activation_in_turn(with_noise):
    rng = seeded(3)
    y = torch.randn(2, 4, 5, 6, generator=rng)
    factors, bias = torch.rand(2, 4, generator=rng) + 0.1, torch.randn(4, generator=rng)
    noise = torch.randn(2, 1, 5, 6, generator=rng) if with_noise else None
    plain = y * factors[:, :, None, None]
    plain = plain if noise is None else plain + noise
    plain = F.leaky_relu(plain + bias[None, :, None, None], 0.2) * 1.3
    torch.testing.assert_close(finish_style(y, factors, noise, bias, gain=1.3), plain)


def test_finish_keeps_the_number_format():
    y, ones = torch.zeros(1, 2, 3, 3, dtype=torch.bfloat16), torch.ones(1, 2)
    assert finish_style(y, ones, torch.ones(1, 1, 3, 3), ones[0]).dtype == torch.bfloat16


@pytest.mark.parametrize("with_factors", [False, True])
@pytest.mark.parametrize("noises", [0, 1, 2])
@pytest.mark.parametrize("size", [8, 80])  # in one piece, and a few rows at a time
def test_finishing_in_place_does_the_same(size, noises, with_factors):
    rng = seeded(4)
    y = torch.randn(2, 64, size, size, generator=rng)
    factors, bias = torch.rand(2, 64, generator=rng) + 0.1, torch.randn(64, generator=rng)
    factors = factors if with_factors else torch.ones(2, 64)
    noise = torch.randn(noises, 1, size, size, generator=rng) if noises else None
    expected = finish_style(y, factors, noise, bias, gain=1.3)
    scaled = None if noise is None else noise * 1.3
    if with_factors:
        found = finish_style_(y, factors * 1.3, scaled, bias * 1.3)
    else:
        found = finish_style_(y * 1.3, None, scaled, bias * 1.3)
    torch.testing.assert_close(found, expected)
    assert (found is y) or not with_factors


@pytest.mark.parametrize("kernel", [1, 3])
def test_folded_weights_need_no_scaling(kernel):
    x, weight, styles = (t[:1] if i != 1 else t for i, t in enumerate(draw(kernel)))
    factors = demodulation(styles, squared_sum(weight))
    y = F.conv2d(x, fold_style(weight, styles, factors), padding=kernel // 2)
    torch.testing.assert_close(y, modulated_conv2d_reference(x, weight, styles))


@pytest.mark.parametrize("frozen", [True, False])
def test_float16_does_not_saturate_where_float32_does_not(frozen):
    layer = SynthesisLayer(512, 16, w_dim=8, resolution=4)
    with torch.no_grad():
        layer.affine.bias.fill_(2)
    if frozen:
        layer.freeze()
    x = torch.randn(2, 512, 4, 4, generator=seeded(0)) * 60
    w = torch.randn(2, 8, generator=seeded(1))
    with torch.no_grad():
        exact = layer(x, w, noise="none", rng=None)
        near = layer(x.half(), w, noise="none", rng=None).float()
    torch.testing.assert_close(near, exact.clamp(-256, 256), rtol=0, atol=1)
