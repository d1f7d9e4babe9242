"""How PyTorch's threads wait, and how many there are: chosen before PyTorch is loaded.

The OpenMP threads of PyTorch wait for each other by spinning. Beside any other program that uses a
core, every operation then waits for a thread that lost its core to one that does nothing. OpenMP
reads its settings once, when its library is loaded; so `import facewright` comes before PyTorch.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from types import ModuleType

WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")
COUNTING = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def prepare_threads(environ: MutableMapping[str, str], torch: ModuleType | None) -> None:
    """Let PyTorch's threads wait passively, on no more cores than this process may use.

    What the user has set in the environment stays. Where PyTorch is loaded already, its threads go
    on spinning; their number is lowered where it is too high. Processes started later get both
    settings.

    Args:
        environ: The environment, which is changed.
        torch: PyTorch where it is loaded already, else None.

    Warns:
        RuntimeWarning: PyTorch is loaded already, and several threads of it spin.
    """
    unset = not any(name in environ for name in WAITING)
    if unset:
        environ["OMP_WAIT_POLICY"] = "passive"
    cores = count_cores(environ)
    if not any(name in environ for name in COUNTING) and cores < _visible_cores():
        environ["OMP_NUM_THREADS"] = str(cores)  # elsewhere PyTorch's own number is right
        if torch is not None and torch.get_num_threads() > cores:
            torch.set_num_threads(cores)
    if torch is not None and unset and torch.get_num_threads() > 1:
        warnings.warn(
            "PyTorch was loaded before facewright, so its threads spin while they wait, and beside "
            "other programs everything takes many times as long; import facewright first, or set "
            "OMP_WAIT_POLICY=passive",
            RuntimeWarning,
            stacklevel=3,
        )


def count_cores(environ: Mapping[str, str], quota: Path = _QUOTA) -> int:
    """Return how many cores this process may keep busy, at least 1.

    These are the cores that the system lets it run on, within the limit of its control group
    (version 2), shared with the other processes of torchrun on this machine.

    Args:
        environ: The environment; torchrun sets LOCAL_WORLD_SIZE.
        quota: The file with the limit of the control group.
    """
    cores = _visible_cores()
    try:
        limit, period = quota.read_text(encoding="ascii").split()
        if limit != "max":
            cores = min(cores, math.ceil(int(limit) / int(period)))
    except (OSError, ValueError):  # no control group
        pass
    beside = environ.get("LOCAL_WORLD_SIZE", "1")
    return max(1, cores // max(1, int(beside) if beside.isdecimal() else 1))


def _visible_cores() -> int:
    """Return on how many cores the system lets this process run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
