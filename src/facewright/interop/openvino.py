"""Draw with OpenVINO what a generator draws, on Intel's and other processors."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator
from facewright.interop.onnx import build_onnx
from facewright.types import Noise

_PRECISIONS = {torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16"}


def compile_synthesis(generator: Generator) -> Generator:
    """Return a generator whose synthesis OpenVINO computes; it shares all else with `generator`.

    Compilation takes seconds, at the first picture of each batch size and number format. As many
    threads are used as PyTorch uses. There are no gradients.

    Args:
        generator: A StyleGAN2 on the CPU.

    Raises:
        InputError: It is on another device, or of another architecture.
        WeightsError: OpenVINO is not installed.
    """
    if not isinstance(generator, Generator):
        raise InputError("OpenVINO draws StyleGAN2 alone", hint="leave out --backend")
    if generator.mapping.w_avg.device.type != "cpu":
        raise InputError("OpenVINO draws on the CPU", hint="--device cpu, or leave out --backend")
    twin = copy.copy(generator)
    twin._modules = {**generator._modules, "synthesis": _CompiledSynthesis(generator)}  # noqa: SLF001
    return twin  # assigning `twin.synthesis` would change `generator`, too


def is_compiled(generator: Generator) -> bool:
    """Return whether OpenVINO computes the synthesis of a generator."""
    return isinstance(generator.synthesis, _CompiledSynthesis)


class _CompiledSynthesis(nn.Module):
    """A synthesis network: w+ (n, num_ws, w_dim) to pictures (n, 3, h, w), both float32."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        try:
            import openvino
        except ImportError as error:
            raise WeightsError(
                "--backend openvino needs the package `openvino`, which is not installed",
                hint="pip install 'facewright[openvino]'",
            ) from error
        self._core: Any = openvino.Core()
        self._generator = (generator,)  # not a child: whoever lists children would find it twice
        self._models: dict[Noise, bytes] = {}
        self._compiled: dict[tuple[Noise, torch.dtype, int], Any] = {}

    def forward(
        self, ws: torch.Tensor, *, noise: Noise = "const", dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        """Synthesise pictures, as `SynthesisNetwork` does."""
        key = (noise, dtype, len(ws))
        if key not in self._compiled:
            self._compiled[key] = self._compile(*key)
        request = self._compiled[key].create_infer_request()  # of this thread alone
        return torch.from_numpy(request.infer({"ws": ws.numpy()})[0])

    def _compile(self, noise: Noise, dtype: torch.dtype, batch: int) -> Any:
        """Return what draws batches of one size."""
        generator = self._generator[0]
        if noise not in self._models:
            self._models[noise] = build_onnx(generator, mapping=False, noise=noise != "none")
        model = self._core.read_model(self._models[noise])
        model.reshape({"ws": [batch, generator.num_ws, generator.config.w_dim]})
        settings = {
            "INFERENCE_PRECISION_HINT": _PRECISIONS[dtype],
            "INFERENCE_NUM_THREADS": str(torch.get_num_threads()),
            "PERFORMANCE_HINT": "LATENCY",
        }
        return self._core.compile_model(model, "CPU", settings)
