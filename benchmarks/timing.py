"""Time things side by side, on machines where other work comes and goes."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping

import torch


def time_beside(
    candidates: Mapping[str, Callable[[], object]], *, rounds: int = 5, device: str = "cpu"
) -> dict[str, float]:
    """Return the median seconds of each candidate, taking turns so that all see the same load."""
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for run in candidates.values():
        run()  # caches, allocators and clocks warm up
    for _ in range(rounds):
        for name, run in candidates.items():
            _wait(device)
            start = time.perf_counter()
            run()
            _wait(device)
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def report(question: str, **numbers: object) -> None:
    """Print one JSON line."""
    rounded = {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in numbers.items()}
    print(json.dumps({"question": question, **rounded}), flush=True)
    sys.stdout.flush()


def pick() -> str:
    """Return the device that benchmarks run on."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
