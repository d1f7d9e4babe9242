"""Initialise a generator as the linear reconstruction of pictures from their anchors."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from facewright.errors import InputError
from facewright.gan.generator import Generator, SynthesisBlock
from facewright.gan.layers.basic import FullyConnected
from facewright.gan.ops.upfirdn import upsample2d

_SLOPE, _GAIN = 0.2, 2**0.5  # of the leaky ReLU in the mapping network
_RIDGE = 3e-3


@torch.no_grad()
def start_linear(
    generator: Generator, z: torch.Tensor, c: torch.Tensor, images: torch.Tensor, *, anchors: int
) -> None:
    """Set the weights, in place, so that pictures up to `linear_rgb` pixels follow z linearly.

    The mapping network starts by passing the anchors on, each as a pair of rectified values,
    beside a random mixture of the label and the rest of z; the pictures that are linear in w are
    then found by ridge regression, from coarse to fine; the output of convolutions starts at zero.

    Args:
        generator: With `linear_rgb`, and w_dim of at least 2 · anchors + 64.
        z: (n, z_dim), whose first numbers are anchors.
        c: (n, c_dim).
        images: (n, 3, h, w) in [-1, 1], h at least `linear_rgb`.
        anchors: Number of leading dimensions of z that are anchors; 0 with labels alone.

    Raises:
        InputError: `w_dim` is too small, or the generator has no `linear_rgb`.
    """
    config = generator.config
    if config.w_dim < 2 * anchors + 64 or not config.linear_rgb:
        raise InputError(f"{anchors} anchors need a w_dim of {2 * anchors + 64} and `linear_rgb`")
    for number in range(config.mapping_layers):
        layer = generator.mapping.get_submodule(f"fc{number}")
        assert isinstance(layer, FullyConnected)  # noqa: S101 - for the type checker
        _keep_anchors(layer, anchors, first=number == 0)
        if anchors == 0 and number == 0:
            layer.weight[:, : config.z_dim].zero_()  # labels say all: z begins without effect
    w = torch.cat(
        [generator.mapping(a, b) for a, b in zip(z.split(256), c.split(256), strict=True)]
    )
    generator.mapping.w_avg.copy_(w.mean(0))
    inputs = torch.cat([w, torch.ones(len(w), 1)], 1).double()
    gram = inputs.T @ inputs + _RIDGE * len(w) * torch.eye(inputs.shape[1], dtype=torch.double)
    drawn: torch.Tensor | None = None
    for resolution in generator.synthesis.resolutions:
        block = generator.synthesis.get_submodule(f"b{resolution}")
        assert isinstance(block, SynthesisBlock)  # noqa: S101 - for the type checker
        assert block.torgb is not None  # noqa: S101 - the architecture is `skip`
        block.torgb.weight.zero_()
        linear = block.torgb.linear
        if linear is None:
            continue
        wanted = F.interpolate(images, (resolution, resolution), mode="area")
        if drawn is not None:
            wanted = wanted - upsample2d(drawn, block.resample_filter)
        found = torch.linalg.solve(gram, inputs.T @ wanted.flatten(1).double()).float()  # [w+1 p]
        linear.weight.copy_(found[:-1].T / linear.weight_gain)
        linear.bias.copy_(found[-1] / linear.bias_gain)
        now = linear(w).view_as(wanted)
        drawn = now if drawn is None else now + upsample2d(drawn, block.resample_filter)


def _keep_anchors(layer: FullyConnected, anchors: int, *, first: bool) -> None:
    """Set a mapping layer to pass anchors on: one output for each sign."""
    kept = torch.eye(anchors)
    layer.weight[: 2 * anchors].zero_()
    scale = 1 / layer.weight_gain
    for sign, rows in ((1, slice(0, anchors)), (-1, slice(anchors, 2 * anchors))):
        if first:
            layer.weight[rows, :anchors] = kept * sign * scale
            continue
        whole = kept * sign * scale / (_GAIN * (1 + _SLOPE))  # lrelu(x) - lrelu(-x) = (1 + slope) x
        layer.weight[rows, :anchors] = whole
        layer.weight[rows, anchors : 2 * anchors] = -whole
    layer.weight[2 * anchors :, : 2 * anchors] *= 0 if not first else 1
