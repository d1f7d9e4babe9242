"""Choose device, precision and random numbers, in one place."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import numpy as np
import torch

from facewright.errors import InputError
from facewright.types import Image, Precision

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
_KEEP_BYTES = 1 << 30
_KEEP_LESS = 1 << 25  # the most that an older glibc takes for a threshold
_CGROUP = Path("/sys/fs/cgroup")


def pick_device(name: str = "auto") -> torch.device:
    """Return the device to compute on.

    Args:
        name: "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:1".

    Returns:
        A device that exists.

    Raises:
        InputError: The device does not exist or cannot be used.
    """
    available = torch.cuda.is_available()
    if name == "auto":
        return torch.device("cuda" if available else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"no device is called `{name}`", hint="auto, cpu, cuda, cuda:1") from error
    if device.type == "cuda" and not available:
        raise InputError(
            "there is no CUDA device that PyTorch can use",
            hint="run `facewright doctor` for the reason, or use --device cpu",
        )
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"there is no {name}", hint=f"{torch.cuda.device_count()} CUDA devices")
    if device.type not in {"cpu", "cuda"}:
        raise InputError(f"{name} is not supported", hint="auto, cpu, cuda, cuda:1")
    return device


def pick_dtype(device: torch.device, precision: Precision = "auto") -> torch.dtype:
    """Return the number format for the convolutions.

    Half precision (float16) never runs on a CPU, where it is hundreds of times slower.

    Args:
        device: Where the network runs.
        precision: "auto" (bfloat16 where the processor multiplies it natively, else float32) or
            a name.

    Returns:
        A floating point type.

    Raises:
        InputError: The name is unknown, or it is float16 on a CPU.
    """
    if precision == "auto":
        return torch.bfloat16 if has_fast_bfloat16(device) else torch.float32
    if precision not in _DTYPES:
        raise InputError(
            f"no precision is called `{precision}`", hint=f"auto, {', '.join(_DTYPES)}"
        )
    if precision == "float16" and device.type == "cpu":
        raise InputError("float16 is not usable on a CPU", hint="use --precision bfloat16")
    return _DTYPES[precision]


def has_fast_bfloat16(device: torch.device) -> bool:
    """Return whether the processor multiplies bfloat16 natively."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    flags = _cpu_flags()
    return "avx512_bf16" in flags or "amx_bf16" in flags or "bf16" in flags  # the last is Arm's


def seeded(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a source of random numbers that starts at `seed`."""
    return torch.Generator(device=device).manual_seed(seed)


def configure_cuda(device: torch.device, *, repeatable: bool) -> None:
    """Make a GPU compute float32 as float32; on a CPU, nothing changes.

    By default PyTorch rounds the factors of float32 convolutions to TF32, with 10 bits instead of
    23. Call it before computing in float32; it changes the whole process.

    Args:
        device: The device that computes.
        repeatable: Convolve the same way every time, so that the same inputs give the same bits.
    """
    if device.type != "cuda":
        return
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    if repeatable:
        torch.backends.cudnn.deterministic = True
        torch.backends.cudnn.benchmark = False


def name_device(device: torch.device) -> str:
    """Return the name of a device for manifests: its type, and the name of a GPU."""
    if device.type != "cuda":
        return device.type
    return f"{device.type}: {torch.cuda.get_device_name(device)}"


def keep_memory() -> bool:
    """Make the C library keep freed blocks instead of returning them to the kernel.

    Page faults on large activations otherwise take about half of the time on a CPU. Call it once
    at the start of a program; it changes the whole process.

    Returns:
        Whether the C library does so now (glibc does).
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    kept = any(bool(mallopt(_M_MMAP_THRESHOLD, size)) for size in (_KEEP_BYTES, _KEEP_LESS))
    trimmed = bool(mallopt(_M_TRIM_THRESHOLD, 2 * _KEEP_BYTES - 1))
    return kept and trimmed


def free_memory(device: torch.device) -> int:
    """Return how many bytes the device has free; 4 GiB where that is unknown.

    Of a CPU: what programs can still have without swapping, within the limit of the container.
    """
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return min(_available_memory(), _container_memory())


def _available_memory() -> int:
    """Return the bytes that the system can still give away."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
        return int(sizes[0]) * 1024 if sizes else _free_pages()
    except OSError:
        return _free_pages()


def _free_pages() -> int:
    """Return the bytes that nothing uses, not even as a cache of files."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 1 << 32


def _container_memory(folder: Path = _CGROUP) -> int:
    """Return the bytes that the control group (version 2) leaves; sys.maxsize without a limit."""
    try:
        limit, used = (
            (folder / name).read_text(encoding="ascii").strip()
            for name in ("memory.max", "memory.current")
        )
    except OSError:
        return sys.maxsize
    return sys.maxsize if limit == "max" else max(int(limit) - int(used), 0)


def to_tensor(images: Image, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """Convert pictures to the input of networks; they are moved to the device as uint8.

    Args:
        images: (n, height, width, 3), uint8.
        device: The device to put them on.
        dtype: A floating point type.

    Returns:
        (n, 3, height, width) in [-1, 1].
    """
    x = torch.from_numpy(np.ascontiguousarray(images)).to(device)
    return x.permute(0, 3, 1, 2).to(dtype) / 127.5 - 1  # [n 3 h w]


def to_images(x: torch.Tensor) -> Image:
    """Convert outputs of networks to pictures: the inverse of `to_tensor`.

    Args:
        x: (n, 3, height, width); -1 is black, 1 is white; values beyond are clipped.

    Returns:
        (n, height, width, 3), uint8, C-contiguous.
    """
    x = (x.detach().float() * 127.5 + 128).clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(x.permute(0, 2, 3, 1).cpu().numpy())  # [n h w 3]


def _cpu_flags() -> set[str]:
    """Return what the processor says it can do, where the system tells."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return set()
    with path.open(encoding="utf-8") as file:
        lines = [line for line in file if line.startswith(("flags", "Features"))]
    return set(lines[0].split(":", 1)[1].split()) if lines else set()
