"""Say what this machine can do, and how to mend what is wrong."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from facewright.device import (
    configure_cuda,
    free_memory,
    has_fast_bfloat16,
    keep_memory,
    name_device,
    pick_device,
    pick_dtype,
    seeded,
)
from facewright.errors import FacewrightError
from facewright.gan.weights import load_generator
from facewright.jobs.commands.models.list import list_models
from facewright.latents.sample import SamplingConfig, draw_faces, resolve_batch
from facewright.pipelines.weights import (
    CACHE_VARIABLE,
    STARTERS,
    cache_folder,
    open_weights,
    pick_weights,
)
from facewright.threads import WAITING, count_cores
from facewright.version import __version__

_PACKAGES = ("torch", "numpy", "opencv-python-headless", "Pillow", "av", "safetensors", "rich")
_SECONDS = 1.0  # of measuring
_PAUSE = 0.02  # seconds; threads that spin give up after a few milliseconds
_SPINNING = 0.03  # of the time that they wait: measured were 0.17 for such, 0.002 for passive ones
_PASSIVELY = """
import sys
from {module} import keep_memory, measure_speed, pick_device
keep_memory()
print(measure_speed(sys.argv[1], pick_device("cpu")))
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong or slower than need be."""

    what: str
    fix: str


@dataclass(slots=True)
class Diagnosis:
    """What was found, in the order in which it is told."""

    facts: dict[str, str] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)
    """Name of each set that ships or was fetched → "loads, sha256 verified", or what is wrong."""
    images_per_second: float | None = None
    """Of the default generator, as `generate` runs it; None without one."""
    problems: list[Problem] = field(default_factory=list)


def examine(device: str = "auto") -> Diagnosis:
    """Say what this machine can do, and how to mend what is wrong.

    Args:
        device: What to examine: auto, cpu, cuda or cuda:1.

    Returns:
        Versions, device, precision, memory, weights, measured speed; and each problem with its fix.

    Raises:
        InputError: There is no such device.
    """
    place, found = pick_device(device), Diagnosis()
    found.facts |= _list_versions()
    found.facts |= _describe_device(place)
    found.problems += _find_device_problems(place)
    _examine_weights(place, found)
    _examine_waiting(place, found)
    _examine_cache(found)
    return found


def _list_versions() -> dict[str, str]:
    """Return the versions of everything that takes part."""
    found = {"facewright": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "from elsewhere"
    return found | {"FFmpeg": _ffmpeg_version(), "system": platform.platform()}


def _ffmpeg_version() -> str:
    """Return the version of FFmpeg's libavcodec that came with PyAV."""
    import av

    return "libavcodec " + ".".join(map(str, av.library_versions["libavcodec"]))


def _describe_device(device: torch.device) -> dict[str, str]:
    """Return what computes, how, and with how much memory."""
    dtype = str(pick_dtype(device)).removeprefix("torch.")
    native = "the processor multiplies it natively"
    reason = native if has_fast_bfloat16(device) else "no bfloat16 unit, which would be faster"
    keeps = "kept for what comes next" if keep_memory() else "given back at once, which takes time"
    return {
        "device": name_device(device) if device.type == "cuda" else f"cpu: {_processor()}",
        "precision": f"{dtype}: {reason}",
        "cores": f"{os.cpu_count()}, {torch.get_num_threads()} threads",
        "free memory": f"{free_memory(device) / 2**30:.1f} GiB",
        "freed memory": keeps,
    }


def _processor() -> str:
    """Return what the processor calls itself, where the system tells."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _find_device_problems(device: torch.device) -> list[Problem]:
    """Find out whether something faster lies idle."""
    found = []
    driver = _ask_driver()
    if device.type == "cpu" and driver is not None:
        found.append(_explain_idle_gpu(driver))
    if device.type == "cpu" and not has_fast_bfloat16(device):
        what = "this processor has no bfloat16: pictures take longer, and float16 would be slower"
        found.append(Problem(what, "nothing to mend; float32 is chosen, so leave --precision"))
    cores, threads = count_cores(os.environ), torch.get_num_threads()
    if device.type == "cpu" and threads * 2 < cores:
        what = f"PyTorch uses {threads} threads on {cores} cores"
        found.append(Problem(what, "unset OMP_NUM_THREADS, or set it to the number of cores"))
    return found


def _ask_driver() -> str | None:
    """Return what the driver of an NVIDIA GPU says; None without one, "" for one that fails."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _explain_idle_gpu(driver: str) -> Problem:
    """Say why a GPU is there and not used."""
    if not driver:
        return Problem(
            "nvidia-smi is installed, but no GPU answers",
            "the driver does not run: restart, or install it again; without a GPU, ignore this",
        )
    name = driver.splitlines()[0]
    if torch.version.cuda is None:
        return Problem(
            f"{name} is not used: this PyTorch was built for the CPU only",
            "`pip uninstall torch`, then `pip install torch` from the index of a CUDA build, "
            "which the installation page of PyTorch names",
        )
    return Problem(
        f"{name} is not used: PyTorch, built for CUDA {torch.version.cuda}, cannot reach it",
        "update the driver to one that knows this CUDA version, and check CUDA_VISIBLE_DEVICES",
    )


def _examine_weights(device: torch.device, found: Diagnosis) -> None:
    """Load all weights that are on this machine, and time the default generator."""
    for listed in list_models():
        if listed.place == "can be fetched":
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
            found.weights[name] = "loads" + ("" if name in STARTERS else ", not in the catalog")


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
    while time.perf_counter() - start < _SECONDS:
        draw_faces(generator, z, c, sampling=sampling, batch=batch)
        drawn += batch
    return drawn / (time.perf_counter() - start)


def _examine_waiting(device: torch.device, found: Diagnosis) -> None:
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
    passively = _measure_passively(found.facts.get("default weights"), threads)
    if found.images_per_second is not None and passively is not None:
        what += f": {found.images_per_second} people/s, {passively:.1f} with passive waiting"
    chosen = [name for name in WAITING if name in os.environ and name != "OMP_WAIT_POLICY"]
    fix = f"unset {', '.join(chosen)}, and set" if chosen else "set"
    fix += " OMP_WAIT_POLICY=passive before the program starts, or import facewright before torch"
    found.problems.append(Problem(what, fix))


def measure_waiting(seconds: float = _SECONDS) -> float:
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


def _measure_passively(name: str | None, threads: int) -> float | None:
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


def _examine_cache(found: Diagnosis) -> None:
    """Find out whether fetched weights could be kept."""
    folder = cache_folder()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    found.facts["cache folder"] = str(folder)
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        what = f"the cache folder {folder} cannot be written"
        found.problems.append(Problem(what, f"set {CACHE_VARIABLE} to a folder that can"))
