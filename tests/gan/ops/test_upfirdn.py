"""Resampling: equal to its plain form, to hand-made results and to the field's."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from facewright.device import seeded
from facewright.errors import InputError
from facewright.gan.ops import upfirdn
from facewright.gan.ops.upfirdn import Spacing, resample, resample_plainly

BLUR = upfirdn.setup_filter([1, 3, 3, 1])
LONG = upfirdn.setup_filter([0.1, -0.2, 0.4, 1, 2, 1.5, 0.3, -0.1])
SKEW = torch.randn(3, 5, generator=seeded(1))


def noise(*shape, dtype=torch.float32):
    return torch.randn(*shape, generator=seeded(0), dtype=dtype)


def relative(ours, theirs):
    assert ours.shape == theirs.shape
    return float(((ours - theirs).abs().max() / theirs.abs().max()).detach())


def test_filter_sums_to_its_gain():
    for taps in ([1, 3, 3, 1], range(1, 10), 7.0, [[1, 2], [3, 4]]):
        f = upfirdn.setup_filter(taps, gain=3)
        total = f.sum() if f.ndim == 2 else f.sum() ** 2
        assert float(total) == pytest.approx(3, rel=1e-5)


def test_filter_of_eight_taps_stays_separable():
    assert BLUR.shape == (4, 4)
    assert LONG.shape == (8,)
    assert upfirdn.setup_filter([1, 2, 1], separable=True).shape == (3,)


def test_flipped_filter_runs_backwards():
    plain = upfirdn.setup_filter(range(1, 10), normalize=False)
    flipped = upfirdn.setup_filter(range(1, 10), normalize=False, flip_filter=True)
    assert torch.equal(plain.flip(0), flipped)


def test_filter_of_two_dimensions_cannot_be_separable():
    with pytest.raises(InputError):
        upfirdn.setup_filter([[1, 2], [3, 4]], separable=True)
    with pytest.raises(InputError):
        upfirdn.setup_filter([])


def test_padding_of_three_numbers_is_refused():
    with pytest.raises(InputError, match="3 numbers"):
        upfirdn.upfirdn2d(noise(1, 1, 4, 4), None, padding=(1, 2, 3))


def test_filter_convolves_unless_flipped():
    x = torch.zeros(1, 1, 5, 7)
    x[0, 0, 2, 3] = 1
    plain = upfirdn.upfirdn2d(x, SKEW, padding=(2, 2, 1, 1))
    assert torch.equal(plain[0, 0, 1:4, 1:6], SKEW)
    flipped = upfirdn.upfirdn2d(x, SKEW, padding=(2, 2, 1, 1), flip_filter=True)
    assert torch.equal(flipped[0, 0, 1:4, 1:6], SKEW.flip((0, 1)))


def test_no_filter_is_the_identity():
    x = noise(2, 3, 5, 6)
    assert torch.equal(upfirdn.upfirdn2d(x, None), x)
    assert torch.equal(upfirdn.upfirdn2d(x, None, padding=-1, gain=2), 2 * x[:, :, 1:-1, 1:-1])


@pytest.mark.parametrize("f", [BLUR, LONG, SKEW], ids=["blur", "long", "skew"])
@pytest.mark.parametrize("spacing", [(1, 1), (2, 1), (1, 2), (2, 2), (3, 2)])
@pytest.mark.parametrize("sides", [(2, 1, 2, 1), (3, 3, 2, 2), (-1, 6, 9, -2)])
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_quick_resampling_equals_plain_resampling(f, spacing, sides, order):
    x = noise(2, 3, 9, 8, dtype=torch.float64).to(memory_format=order).requires_grad_()
    f = f.double()
    ours = resample(x, f, Spacing(*spacing), sides)
    plain = resample_plainly(x, f, Spacing(*spacing), sides)
    assert relative(ours, plain) < 1e-6
    weights = noise(*plain.shape, dtype=torch.float64)
    (slope,) = torch.autograd.grad(ours, x, weights)
    (expected,) = torch.autograd.grad(plain, x, weights)
    assert relative(slope, expected) < 1e-6


@pytest.mark.parametrize("spacing", [(1, 1), (2, 1), (1, 2), (2, 3)])
def test_resampling_differentiates_twice(spacing):
    x = noise(1, 2, 4, 5, dtype=torch.float64).requires_grad_()

    def run(x):
        return resample(x, BLUR.double(), Spacing(*spacing), (2, 1, 2, 1)) ** 2

    assert torch.autograd.gradcheck(run, x)
    assert torch.autograd.gradgradcheck(run, x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_memory_format_and_type_are_kept(dtype):
    x = noise(2, 4, 8, 8).to(dtype).to(memory_format=torch.channels_last).requires_grad_()
    for run in (upfirdn.upsample2d, upfirdn.downsample2d):
        y = run(x, BLUR)
        (slope,) = torch.autograd.grad(y.square().sum(), x)
        for result in (y, slope):
            assert result.dtype == dtype
            assert result.is_contiguous(memory_format=torch.channels_last)


def test_bfloat16_stays_close_to_float32():
    x = noise(2, 4, 16, 16)
    for run in (upfirdn.upsample2d, upfirdn.downsample2d):
        assert relative(run(x.bfloat16(), BLUR).float(), run(x, BLUR)) < 0.02


def test_sizes_are_doubled_and_halved():
    x = noise(1, 1, 12, 16)
    for f in (BLUR, LONG, SKEW):
        assert upfirdn.upsample2d(x, f).shape[2:] == (24, 32)
        assert upfirdn.downsample2d(x, f).shape[2:] == (6, 8)


def test_enlarging_keeps_the_brightness():
    x = torch.ones(1, 1, 8, 8)
    assert torch.allclose(upfirdn.upsample2d(x, BLUR)[:, :, 2:-2, 2:-2], torch.ones(1, 1, 12, 12))


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("factors", [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_resampling_convolution_equals_its_three_steps(kernel, groups, factors):
    up, down = factors
    x, w = noise(2, 4, 8, 10), noise(6, 4 // groups, kernel, kernel)
    ours = upfirdn.conv2d_resample(
        x, w, f=BLUR, up=up, down=down, padding=kernel // 2, groups=groups
    )
    grow = ((4 + up - 1) // 2, (4 - up) // 2) if up > 1 else (0, 0)
    shrink = ((4 - down + 1) // 2, (4 - down) // 2) if down > 1 else (0, 0)
    sides = [kernel // 2 + a + b for a, b in zip(grow, shrink, strict=True)] * 2
    y = upfirdn.upfirdn2d(x, BLUR if up > 1 else None, up=up, padding=sides, gain=up**2)
    y = F.conv2d(y, w, groups=groups)
    if down > 1:
        y = upfirdn.upfirdn2d(y, BLUR, down=down)
    assert relative(ours, y) < 1e-5


@pytest.mark.oracle
def test_upfirdn2d_equals_the_fields(oracles):
    ops = np.load(oracles / "ops.npz")
    x = torch.from_numpy(ops["x"])
    for case in json.loads(str(ops["meta_upfirdn"])):
        ours = upfirdn.upfirdn2d(
            x,
            torch.from_numpy(ops[case["f"]]),
            up=case["up"],
            down=case["down"],
            padding=case["pad"],
            flip_filter=case["flip"],
            gain=case["gain"],
        )
        assert relative(ours, torch.from_numpy(ops[f"upfirdn_{case['i']}"])) < 1e-5


@pytest.mark.oracle
def test_filters_equal_the_fields(oracles):
    ops = np.load(oracles / "ops.npz")
    assert torch.equal(BLUR, torch.from_numpy(ops["f1331"]))
    for name in ("upsample2d", "downsample2d"):
        ours = getattr(upfirdn, name)(torch.from_numpy(ops["x"]), BLUR)
        assert relative(ours, torch.from_numpy(ops[name])) < 1e-5


@pytest.mark.oracle
@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("factors", [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("flip", [True, False])
def test_resampling_convolution_equals_the_fields(oracles, kernel, factors, flip):
    ops, (up, down) = np.load(oracles / "ops.npz"), factors
    ours = upfirdn.conv2d_resample(
        torch.from_numpy(ops["x"]),
        torch.from_numpy(ops[f"w{kernel}"]),
        f=BLUR,
        up=up,
        down=down,
        padding=kernel // 2,
        flip_weight=flip,
    )
    name = f"conv2d_resample_w{kernel}_u{up}d{down}_flip{int(flip)}"
    assert relative(ours, torch.from_numpy(ops[name])) < 1e-5
