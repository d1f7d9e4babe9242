"""How fast does what others offer draw the exported generator that ships, beside ours?

ONNX Runtime and OpenVINO are installed into an environment of their own, `.cache/peers`, which sees
the packages of this one; all draw in turns there, from the same z, with as many threads.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.timing import report, time_beside
from facewright.device import keep_memory, seeded
from facewright.gan.generator import Generator

ENVIRONMENT = Path(__file__).parents[1] / ".cache" / "peers"
PEERS = ("onnxruntime>=1.20", "openvino>=2025")
REPORTING = "openvino-telemetry"  # comes with OpenVINO, which draws without it
WEIGHTS = "faces-128"
BATCHES = (1, 8)
Draw = Callable[[np.ndarray, np.ndarray], np.ndarray]


def main() -> None:
    """Install the peers, and measure in their environment."""
    python = ENVIRONMENT / "bin" / "python"
    if not (ENVIRONMENT / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        shared = sysconfig.get_path("purelib")
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        own = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
        (Path(own.stdout.strip()) / "shared.pth").write_text(f"{shared}\n")
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=True)
        subprocess.run([python, "-m", "pip", "uninstall", "-qy", REPORTING], check=True)
        (ENVIRONMENT / "installed").touch()
    paths = os.pathsep.join(path for path in sys.path if path)
    environ = os.environ | {"PYTHONPATH": paths}
    subprocess.run([python, "-m", "benchmarks.peers"], check=True, env=environ)


def measure() -> None:
    """Draw with each, for each number of pictures at once."""
    from facewright.gan.weights import load_generator
    from facewright.interop.onnx import build_onnx
    from facewright.interop.openvino import compile_synthesis
    from facewright.pipelines.weights import open_weights

    keep_memory()
    generator = load_generator(open_weights(WEIGHTS))
    compiled, config = compile_synthesis(generator), generator.config

    def draw_with(drawer: Generator, dtype: torch.dtype) -> Draw:
        @torch.no_grad()
        def draw(z: np.ndarray, c: np.ndarray) -> np.ndarray:
            w = generator.map_to_w(torch.from_numpy(z), torch.from_numpy(c))
            return drawer.synthesis(w, dtype=dtype).float().numpy()

        return draw

    sides: dict[str, Draw] = {
        "ours float32": draw_with(generator, torch.float32),
        "ours bfloat16": draw_with(generator, torch.bfloat16),
        "onnxruntime float32": open_onnxruntime(build_onnx(generator)),
        "openvino float32": draw_with(compiled, torch.float32),
        "openvino bfloat16": draw_with(compiled, torch.bfloat16),
    }
    for batch in BATCHES:
        z = torch.randn(batch, config.z_dim, generator=seeded(0)).numpy()
        c = np.zeros((batch, config.c_dim), np.float32)
        exact = sides["ours float32"](z, c)
        seconds = time_beside({name: partial(draw, z, c) for name, draw in sides.items()})
        for name, draw in sides.items():
            error = float(np.square(draw(z, c).clip(-1, 1) - exact.clip(-1, 1)).mean())
            report(
                "peers",
                side=name,
                batch=batch,
                threads=torch.get_num_threads(),
                images_per_s=batch / seconds[name],
                db=10 * math.log10(4 / error) if error else "equal",
            )


def open_onnxruntime(model: bytes) -> Draw:
    """Return what draws with ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda z, c: session.run(["images"], name_inputs(session.get_inputs(), z, c))[0]


def name_inputs(inputs: list[Any], z: np.ndarray, c: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of those inputs that a model has; others are optional."""
    named = {"z": z, "c": c}
    known = [getattr(one, "any_name", None) or one.name for one in inputs]
    return {name: named[name] for name in known if name in named}


if __name__ == "__main__":
    measure()
