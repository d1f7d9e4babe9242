"""Build an ONNX model of a generator, node by node, for any batch size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch

from facewright.errors import WeightsError
from facewright.gan.generator import Generator, SynthesisBlock
from facewright.gan.layers.styled import SynthesisLayer, ToRGB
from facewright.gan.ops.modulate import EPSILON
from facewright.gan.ops.upfirdn import setup_filter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facewright.gan.layers.basic import Conv2d, FullyConnected

OPSET = 17
"""Version of ONNX's operators, that onnxruntime knows since 1.12."""

_IR = 8
_FLOAT = 1  # onnx.TensorProto.FLOAT
_SLOPE = 0.2
_HALF = math.sqrt(0.5)


def build_onnx(generator: Generator, *, mapping: bool = True, noise: bool = True) -> bytes:
    """Return an ONNX model of a generator.

    Inputs are `z`, (n, z_dim), and with labels `c`, (n, c_dim). Optional inputs are `psi`, (1,), by
    default 1, and the noise of each layer, such as `noise_b8_conv0`, (n or 1, 1, 8, 8), by default
    that of the generator. The output is `images`, (n, 3, h, w), black -1, white 1.

    Args:
        generator: A StyleGAN2, on any device.
        mapping: Whether the mapping network is part of the model; without it the input is `ws`,
            (n, num_ws, w_dim).
        noise: Whether layers add noise; without it there are no inputs for it either.

    Raises:
        WeightsError: The package `onnx` is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise WeightsError(
            "ONNX models are written with the package `onnx`, which is not installed",
            hint="pip install 'facewright[foreign]'",
        ) from error
    with torch.no_grad():
        graph = _Graph(onnx, noise=noise)
        if mapping:
            ws = [_add_mapping(graph, generator)] * generator.num_ws
        else:
            ws = _add_styles(graph, generator)
        _add_synthesis(graph, generator, ws)
    return graph.finish()


class _Graph:
    """The nodes, constants and inputs of a model under construction."""

    def __init__(self, onnx: Any, *, noise: bool) -> None:
        self.onnx, self.noise = onnx, noise
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []

    def add(self, kind: str, *inputs: str, to: str | None = None, **options: Any) -> str:
        """Add a node, and return the name of its output."""
        to = to or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [to], **options))
        return to

    def number(self, value: torch.Tensor | float | Sequence[int], name: str | None = None) -> str:
        """Add a constant, and return its name."""
        name = name or f"number_{len(self.numbers)}"
        array: NDArray[Any] = np.asarray(
            value.float().cpu() if isinstance(value, torch.Tensor) else value
        )
        array = array.astype(np.float32) if array.dtype.kind == "f" else array.astype(np.int64)
        self.numbers.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare an input of the model."""
        self.inputs.append(self.onnx.helper.make_tensor_value_info(name, _FLOAT, shape))
        return name

    def option(self, name: str, value: torch.Tensor, shape: Sequence[int | str]) -> str:
        """Declare an optional input with a default."""
        self.number(value, name)
        return self.input(name, shape)

    def output(self, name: str, shape: Sequence[int | str]) -> None:
        """Declare the output of the model."""
        self.outputs.append(self.onnx.helper.make_tensor_value_info(name, _FLOAT, shape))

    def finish(self) -> bytes:
        """Check the model and return its bytes."""
        helper = self.onnx.helper
        graph = helper.make_graph(self.nodes, "generator", self.inputs, self.outputs, self.numbers)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph, opset_imports=opset, ir_version=_IR, producer_name="facewright"
        )
        self.onnx.checker.check_model(model, full_check=True)
        return cast("bytes", model.SerializeToString())


def _add_mapping(graph: _Graph, generator: Generator) -> str:
    """Add the mapping network and truncation: from z and labels to w, [n w_dim]."""
    config, mapping = generator.config, generator.mapping
    parts = [_normalise(graph, graph.input("z", ["n", config.z_dim]))]
    if config.c_dim:
        labels = graph.input("c", ["n", config.c_dim])
        embedded = _connect(graph, labels, mapping.embed)
        parts.append(_normalise(graph, embedded))
    x = graph.add("Concat", *parts, axis=1)
    for i in range(mapping.layers):
        x = _connect(graph, x, cast("FullyConnected", mapping.get_submodule(f"fc{i}")))
        x = graph.add("LeakyRelu", x, alpha=_SLOPE)
        x = graph.add("Mul", x, graph.number(math.sqrt(2)))
    psi = graph.option("psi", torch.ones(1), [1])
    average = graph.number(mapping.w_avg)
    away = graph.add("Mul", graph.add("Sub", x, average), psi)
    return graph.add("Add", average, away)


def _add_styles(graph: _Graph, generator: Generator) -> list[str]:
    """Add the input w+, and return the style vector of each layer, [n w_dim]."""
    ws = graph.input("ws", ["n", generator.num_ws, generator.config.w_dim])
    return [
        graph.add("Squeeze", graph.add("Gather", ws, graph.number([i]), axis=1), graph.number([1]))
        for i in range(generator.num_ws)
    ]


def _add_synthesis(graph: _Graph, generator: Generator, ws: Sequence[str]) -> None:
    """Add the synthesis network: from the style vector of each layer to pictures."""
    x = image = ""
    start = 0
    size = generator.config.resolution
    for resolution in generator.synthesis.resolutions:
        name = f"b{resolution}"
        block = cast("SynthesisBlock", generator.synthesis.get_submodule(name))
        if block.fromrgb is not None and image:
            x = graph.add("Add", x, _see_picture(graph, block.fromrgb, image))
        styles = ws[start : start + block.num_ws + 1]
        start += block.num_ws
        x = _add_block(graph, block, x, styles, name)
        if image:
            image = _enlarge(graph, image, 3)
        if block.torgb is not None:
            rgb = _add_picture(graph, block.torgb, x, styles[-1])
            image = graph.add("Add", image, rgb) if image else rgb
    graph.add("Identity", image, to="images")
    graph.output("images", ["n", 3, size, size])


def _add_block(graph: _Graph, block: SynthesisBlock, x: str, ws: Sequence[str], name: str) -> str:
    """Add the layers of one resolution."""
    if block.first:
        const = graph.number(block.const[None])
        return _add_layer(graph, block.conv1, const, ws[0], f"{name}_conv1")
    if block.architecture != "resnet":
        x = _add_layer(graph, block.conv0, x, ws[0], f"{name}_conv0")
        return _add_layer(graph, block.conv1, x, ws[1], f"{name}_conv1")
    skip = block.skip
    weight = graph.number(skip.weight * skip.weight_gain * _HALF)
    beside = _enlarge(graph, graph.add("Conv", x, weight), skip.weight.shape[0])
    x = _add_layer(graph, block.conv0, x, ws[0], f"{name}_conv0")
    x = _add_layer(graph, block.conv1, x, ws[1], f"{name}_conv1", gain=_HALF)
    return graph.add("Add", beside, x)


def _add_layer(
    graph: _Graph, layer: SynthesisLayer, x: str, w: str, name: str, *, gain: float = 1.0
) -> str:
    """Add a modulated convolution with noise, as scaling of inputs and outputs."""
    styles = _connect(graph, w, layer.affine)  # [n inputs]
    y = graph.add("Mul", x, _as_maps(graph, styles))
    if layer.up == 2:
        weight = graph.number(layer.weight.transpose(0, 1))
        y = graph.add("ConvTranspose", y, weight, strides=[2, 2])
        y = _filter(graph, y, layer.weight.shape[0])
    else:
        y = graph.add("Conv", y, graph.number(layer.weight), pads=[1, 1, 1, 1])
    squares = graph.number(layer.weight.square().sum(dim=(2, 3)).t())
    power = graph.add("MatMul", graph.add("Mul", styles, styles), squares)  # [n outputs]
    power = graph.add("Sqrt", graph.add("Add", power, graph.number(EPSILON)))
    y = graph.add("Div", y, _as_maps(graph, power))
    if graph.noise:
        size = layer.resolution
        noise = graph.option(
            f"noise_{name}", layer.noise_const[None, None], [f"n_{name}", 1, size, size]
        )
        y = graph.add("Add", y, graph.add("Mul", noise, graph.number(layer.noise_strength)))
    y = graph.add("Add", y, graph.number(layer.bias[:, None, None]))
    y = graph.add("LeakyRelu", y, alpha=_SLOPE)
    y = graph.add("Mul", y, graph.number(math.sqrt(2) * gain))
    return _clip(graph, y, None if layer.clamp is None else layer.clamp * gain)


def _add_picture(graph: _Graph, layer: ToRGB, x: str, w: str) -> str:
    """Add the layer from feature maps to a picture."""
    styles = _as_maps(graph, _connect(graph, w, layer.affine))
    weight = graph.number(layer.weight * layer.weight_gain)
    y = graph.add("Conv", graph.add("Mul", x, styles), weight)
    y = graph.add("Add", y, graph.number(layer.bias[:, None, None]))
    if layer.linear is not None:
        side = math.isqrt(len(layer.linear.bias) // 3)
        shape = graph.number([-1, 3, side, side])
        y = graph.add("Add", y, graph.add("Reshape", _connect(graph, w, layer.linear), shape))
    return _clip(graph, y, layer.clamp)


def _see_picture(graph: _Graph, layer: Conv2d, image: str) -> str:
    """Add the layer from the picture so far to feature maps."""
    assert layer.bias is not None  # noqa: S101 - for the type checker
    weight = graph.number(layer.weight * layer.weight_gain)
    return graph.add("Conv", image, weight, graph.number(layer.bias), pads=[1, 1, 1, 1])


def _connect(graph: _Graph, x: str, layer: FullyConnected) -> str:
    """Add a fully connected layer, without its activation."""
    weight = graph.number(layer.weight * layer.weight_gain)
    return graph.add("Gemm", x, weight, graph.number(layer.bias * layer.bias_gain), transB=1)


def _normalise(graph: _Graph, x: str) -> str:
    """Add the scaling of rows to a root mean square of one."""
    mean = graph.add("ReduceMean", graph.add("Mul", x, x), axes=[1], keepdims=1)
    size = graph.add("Sqrt", graph.add("Add", mean, graph.number(1e-8)))
    return graph.add("Div", x, size)


def _enlarge(graph: _Graph, x: str, channels: int) -> str:
    """Add the doubling of the size of pictures or feature maps, with the low-pass filter."""
    weight = _taps(graph, channels)
    return graph.add("ConvTranspose", x, weight, strides=[2, 2], pads=[1, 1, 1, 1], group=channels)


def _filter(graph: _Graph, x: str, channels: int) -> str:
    """Add the low-pass filter after a convolution that doubled the size."""
    return graph.add("Conv", x, _taps(graph, channels), pads=[1, 1, 1, 1], group=channels)


def _taps(graph: _Graph, channels: int) -> str:
    """Add the low-pass filter, once per channel."""
    return graph.number(setup_filter((1, 3, 3, 1)).mul(4).expand(channels, 1, 4, 4))


def _as_maps(graph: _Graph, x: str) -> str:
    """Add two axes: [n c] to [n c 1 1]."""
    return graph.add("Unsqueeze", x, graph.number([2, 3]))


def _clip(graph: _Graph, x: str, limit: float | None) -> str:
    """Add the limit of activations, if there is one."""
    if limit is None:
        return x
    return graph.add("Clip", x, graph.number(-float(limit)), graph.number(float(limit)))
