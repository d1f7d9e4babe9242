"""Bias and activation: equal to their definition and to the field's."""

import math

import numpy as np
import pytest
import torch

from facewright.device import seeded
from facewright.errors import InputError
from facewright.gan.layers.basic import ACTIVATIONS, bias_act


def noise(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=seeded(0), dtype=dtype)


def test_defaults_do_nothing():
    x = noise(2, 3, 4)
    assert torch.equal(bias_act(x), x)


def test_lrelu_has_slope_a_fifth_and_gain_root_two():
    y = bias_act(torch.tensor([[1.0], [-2.0]]), torch.tensor([1.0]), act="lrelu")
    assert y.flatten().tolist() == pytest.approx([2 * math.sqrt(2), -0.2 * math.sqrt(2)])


def test_bias_runs_along_any_axis():
    x, b = noise(2, 3, 4), noise(4)
    for dim in (2, -1):
        assert torch.allclose(bias_act(x, b, dim=dim), x + b)


@pytest.mark.parametrize("act", ACTIVATIONS)
def test_input_is_left_alone(act):
    x = noise(2, 3, 4)
    before = x.clone()
    bias_act(x, act=act)
    bias_act(x, noise(3), act=act, gain=1.0)
    assert torch.equal(x, before)


@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("gain", [None, -0.5])
def test_activations_differentiate_twice(act, gain):
    x, b = noise(2, 3, 4, dtype=torch.float64), noise(3, dtype=torch.float64)

    def run(x, b):
        return bias_act(x, b, act=act, gain=gain, clamp=0.9).square()

    inputs = (x.requires_grad_(), b.requires_grad_())
    assert torch.autograd.gradcheck(run, inputs)
    assert torch.autograd.gradgradcheck(run, inputs)


@pytest.mark.parametrize("act", ["linear", "relu", "lrelu"])
def test_negative_gain_turns_the_result_over(act):
    x, b = noise(2, 3), noise(3)
    assert torch.allclose(bias_act(x, b, act=act, gain=-2), -bias_act(x, b, act=act, gain=2))


def test_memory_format_and_type_are_kept():
    x = noise(2, 4, 8, 8).bfloat16().to(memory_format=torch.channels_last).requires_grad_()
    y = bias_act(x, noise(4), act="lrelu")
    (slope,) = torch.autograd.grad(y.square().sum(), x)
    for result in (y, slope):
        assert result.dtype == torch.bfloat16
        assert result.is_contiguous(memory_format=torch.channels_last)


def test_mistakes_are_named():
    with pytest.raises(InputError, match="gelu") as caught:
        bias_act(noise(1, 1), act="gelu")
    assert "lrelu" in caught.value.hint
    with pytest.raises(InputError, match="clamp"):
        bias_act(noise(1, 1), clamp=-1)


@pytest.mark.oracle
@pytest.mark.parametrize("act", ACTIVATIONS)
def test_bias_act_equals_the_fields(oracles, act):
    ops = np.load(oracles / "ops.npz")
    x, b = torch.from_numpy(ops["x"]), torch.from_numpy(ops["b"])
    plain, bounded = (torch.from_numpy(ops[f"bias_act_{act}{end}"]) for end in ("", "_g0.7_c0.5"))
    torch.testing.assert_close(bias_act(x, b, act=act), plain, rtol=1e-5, atol=1e-6)
    ours = bias_act(x, b, act=act, gain=0.7, clamp=0.5)
    torch.testing.assert_close(ours, bounded, rtol=1e-5, atol=1e-6)
