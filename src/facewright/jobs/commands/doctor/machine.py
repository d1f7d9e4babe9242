"""Versions, devices and folders of a machine, and what is wrong with them."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import torch

from facewright.device import (
    free_memory,
    has_fast_bfloat16,
    keep_memory,
    name_device,
    pick_dtype,
)
from facewright.jobs.commands.doctor.diagnosis import Diagnosis, Problem
from facewright.pipelines.weights import CACHE_VARIABLE, cache_folder
from facewright.threads import count_cores
from facewright.version import __version__

_PACKAGES = ("torch", "numpy", "opencv-python-headless", "Pillow", "av", "safetensors", "rich")
_EXTRA = re.compile(r"(?P<name>[\w.-]+).*;.*\bextra == ['\"](?P<extra>[\w-]+)['\"]")
_OF_DEVELOPERS = ("dev", "docs")


def list_versions() -> dict[str, str]:
    """Return the versions of everything that takes part."""
    found = {"facewright": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "from elsewhere"
    return found | {"FFmpeg": _ffmpeg_version(), "system": platform.platform()}


def list_extras(requirements: Iterable[str] | None = None) -> dict[str, str]:
    """Return which extras are installed, and what the others would take.

    Args:
        requirements: Those of the distribution, as its metadata has them; None reads them.

    >>> list_extras(['nothing-like-it>=1; extra == "studio"'])
    {'extra studio': "nothing-like-it is missing: pip install 'facewright[studio]'"}
    """
    if requirements is None:
        try:
            requirements = requires("facewright") or ()
        except PackageNotFoundError:  # a clone that was not installed
            return {}
    wanted: dict[str, list[str]] = {}
    for line in requirements:
        found = _EXTRA.match(line)
        if found and found["extra"] not in _OF_DEVELOPERS:
            wanted.setdefault(found["extra"], []).append(found["name"])
    told = {}
    for extra, names in wanted.items():
        missing = [name for name in names if not _is_installed(name)]
        verb = "are" if len(missing) > 1 else "is"
        told[f"extra {extra}"] = (
            f"{', '.join(missing)} {verb} missing: pip install 'facewright[{extra}]'"
            if missing
            else "installed"
        )
    return told


def _is_installed(name: str) -> bool:
    """Return whether a distribution is there, in any version."""
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _ffmpeg_version() -> str:
    """Return the version of FFmpeg's libavcodec that came with PyAV."""
    import av

    return "libavcodec " + ".".join(map(str, av.library_versions["libavcodec"]))


def describe_device(device: torch.device) -> dict[str, str]:
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


def find_device_problems(device: torch.device) -> list[Problem]:
    """Find out whether something faster lies idle."""
    found = []
    driver = _ask_driver()
    if device.type == "cpu" and driver is not None:
        found.append(explain_idle_gpu(driver))
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


def explain_idle_gpu(driver: str) -> Problem:
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


def examine_cache(found: Diagnosis) -> None:
    """Find out whether fetched weights could be kept."""
    folder = cache_folder()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    found.facts["cache folder"] = str(folder)
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        what = f"the cache folder {folder} cannot be written"
        found.problems.append(Problem(what, f"set {CACHE_VARIABLE} to a folder that can"))
