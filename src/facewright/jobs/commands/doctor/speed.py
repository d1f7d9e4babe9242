"""Measure how fast a machine draws people, and how its threads wait."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import torch

from facewright.device import configure_cuda, pick_dtype, seeded
from facewright.errors import FacewrightError
from facewright.gan.weights import load_generator
from facewright.jobs.commands.doctor.diagnosis import Diagnosis, Problem
from facewright.jobs.commands.models.list import list_models
from facewright.latents.sample import SamplingConfig, draw_faces, resolve_batch
from facewright.pipelines.weights import STARTER, open_weights, pick_weights
from facewright.threads import WAITING

_DRAWING, _WAITING = 0.5, 1.0  # seconds of measuring
_PAUSE = 0.02  # seconds; threads that spin give up after a few milliseconds
_SPINNING = 0.03  # of the time that they wait: measured were 0.17 for such, 0.002 for passive ones
_PASSIVELY = """
import sys
from facewright.device import keep_memory, pick_device
from {module} import measure_speed
keep_memory()
print(measure_speed(sys.argv[1], pick_device("cpu")))
"""


def examine_weights(device: torch.device, found: Diagnosis) -> None:
    """Load all weights that are on this machine, and time the default generator."""
    for listed in list_models():
        if listed.place in ("can be fetched", "in facewright-weights"):
            continue
        try:
            open_weights(listed.card.name)
            found.weights[listed.card.name] = "loads, sha256 verified"
        except FacewrightError as error:
            found.weights[listed.card.name] = str(error)
            found.problems.append(Problem(str(error), error.hint))
    try:
        name = pick_weights(None)
        found.images_per_second = round(measure_speed(name, device), 1)
    except FacewrightError as error:
        if not any(str(error) == problem.what for problem in found.problems):
            found.problems.append(Problem(str(error), error.hint))
    else:
        found.facts["default weights"] = name
        if name not in found.weights:
            found.weights[name] = "loads" + ("" if name == STARTER else ", not in the catalog")


def measure_speed(name: str, device: torch.device) -> float:
    """Return how many people per second a generator draws.

    Args:
        name: The name or file of its weights.
        device: Where to draw.
    """
    generator = load_generator(open_weights(name), device)
    configure_cuda(device, repeatable=True)
    sampling = SamplingConfig(dtype=pick_dtype(device))
    batch = resolve_batch(generator, sampling)
    z = torch.randn(batch, generator.config.z_dim, generator=seeded(0))
    c = torch.zeros(batch, generator.config.c_dim)
    draw_faces(generator, z, c, sampling=sampling, batch=batch)  # the first is slow
    start, drawn = time.perf_counter(), 0
    while time.perf_counter() - start < _DRAWING:
        draw_faces(generator, z, c, sampling=sampling, batch=batch)
        drawn += batch
    return drawn / (time.perf_counter() - start)


def examine_waiting(device: torch.device, found: Diagnosis) -> None:
    """Find out whether PyTorch's threads spin while they wait, and what that costs now."""
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads == 1:
        return
    busy = measure_waiting()
    waits = "passively" if busy < _SPINNING else "spinning"
    found.facts["waiting"] = f"{waits}: {100 * busy:.1f} % of the time, threads compute"
    if busy < _SPINNING:
        return
    what = f"PyTorch's {threads} threads spin while they wait, and slow down beside other programs"
    passively = measure_passively(found.facts.get("default weights"), threads)
    if found.images_per_second is not None and passively is not None:
        what += f": {found.images_per_second} people/s, {passively:.1f} with passive waiting"
    chosen = [name for name in WAITING if name in os.environ and name != "OMP_WAIT_POLICY"]
    fix = f"unset {', '.join(chosen)}, and set" if chosen else "set"
    fix += " OMP_WAIT_POLICY=passive before the program starts, or import facewright before torch"
    found.problems.append(Problem(what, fix))


def measure_waiting(seconds: float = _WAITING) -> float:
    """Return for which share of the time threads compute while this process waits.

    Args:
        seconds: How long to wait in all, in pauses between operations on all threads.
    """
    x, busy, pauses = torch.zeros(1 << 20), 0.0, round(seconds / _PAUSE)
    for _ in range(pauses):
        torch.sin(x)
        before = time.process_time()
        time.sleep(_PAUSE)
        busy += time.process_time() - before
    return busy / (pauses * _PAUSE)


def measure_passively(name: str | None, threads: int) -> float | None:
    """Return how many people per second a process draws whose threads wait passively."""
    if name is None:
        return None
    environ = {key: value for key, value in os.environ.items() if key not in WAITING}
    environ |= {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, "-c", _PASSIVELY.format(module=__name__), name]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program
            command, capture_output=True, text=True, timeout=60, check=True, env=environ
        )
        return float(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
