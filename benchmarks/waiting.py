"""How long does drawing take whose threads wait passively, beside threads that spin?

Two processes take turns. One imports facewright first, the other PyTorch, so that its threads wait
as PyTorch leaves them. Both are timed without and with a program beside them that keeps one core
busy. What they compute must be the same, to the last bit.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from benchmarks.timing import report
from facewright.device import keep_memory, pick_dtype, seeded
from facewright.faces.similarity.features import load_face_features
from facewright.gan.generator import Generator
from facewright.gan.weights import load_generator
from facewright.latents.invert import compare_with
from facewright.latents.sample import SamplingConfig, draw_faces, resolve_batch
from facewright.pipelines.weights import open_weights
from facewright.threads import WAITING

ROUNDS, FACES, STEPS = 5, 32, 20
_FIRST = {"passive": "facewright", "spinning": "torch"}


def main() -> None:
    """Time both ways of waiting in turns, on the machine as it is and beside a busy core."""
    workers = {name: _start(first) for name, first in _FIRST.items()}
    try:
        for question in ("draw", "refine"):
            _compare(question, workers, busy_cores=0)
            with _busy_core():
                _compare(question, workers, busy_cores=1)
    finally:
        for worker in workers.values():
            worker.kill()
            worker.communicate()


def serve() -> None:
    """Answer each line that names a question with the seconds it took and what came out."""
    keep_memory()
    generator = load_generator(open_weights("faces-128"))
    questions = {"draw": lambda: _draw(generator), "refine": lambda: _refine(generator)}
    for run in questions.values():
        run()  # the first is slow
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        result = questions[line.strip()]()
        print(time.perf_counter() - start, result, flush=True)


def _compare(question: str, workers: dict[str, subprocess.Popen[str]], *, busy_cores: int) -> None:
    """Ask both workers in turns, and report their medians."""
    seconds: dict[str, list[float]] = {name: [] for name in workers}
    results = set()
    for _ in range(ROUNDS):
        for name, worker in workers.items():
            took, result = _ask(worker, question).split()
            seconds[name].append(float(took))
            results.add(result)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    report(
        f"waiting, {question}",
        unit="s",
        busy_cores=busy_cores,
        threads=torch.get_num_threads(),
        same_bits=len(results) == 1,
        times_faster=medians["spinning"] / medians["passive"],
        **medians,
    )


def _start(first: str) -> subprocess.Popen[str]:
    """Start a process that imports a package first, and wait until it is ready."""
    environ = {key: value for key, value in os.environ.items() if key not in WAITING}
    program = f"import {first}\nfrom benchmarks.waiting import serve\nserve()"
    worker = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


def _ask(worker: subprocess.Popen[str], question: str) -> str:
    """Return what a worker answers."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(f"{question}\n")
    worker.stdin.flush()
    return worker.stdout.readline()


@contextmanager
def _busy_core() -> Iterator[None]:
    """Keep one core busy meanwhile."""
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        other.kill()
        other.wait()


def _draw(generator: Generator) -> str:
    """Draw people as `generate` does."""
    sampling = SamplingConfig(dtype=pick_dtype(torch.device("cpu")))
    z = torch.randn(FACES, generator.config.z_dim, generator=seeded(0))
    c = torch.zeros(FACES, generator.config.c_dim)
    images = draw_faces(
        generator, z, c, sampling=sampling, batch=resolve_batch(generator, sampling)
    )
    return hashlib.sha256(images.tobytes()).hexdigest()


def _refine(generator: Generator) -> str:
    """Refine latents as `invert --refine` does."""
    features = load_face_features(open_weights("face-features"), "cpu")
    ws = generator.mapping.w_avg.expand(1, generator.num_ws, -1).clone().requires_grad_()
    side = generator.config.resolution
    measure: Callable[[torch.Tensor], torch.Tensor] = compare_with(
        torch.zeros(1, 3, side, side), features, 0.2
    )
    adam = torch.optim.Adam([ws])
    for _ in range(STEPS):
        adam.zero_grad()
        measure(generator.synthesis(ws)).sum().backward()
        adam.step()
    return hashlib.sha256(ws.detach().numpy().tobytes()).hexdigest()


if __name__ == "__main__":
    main()
