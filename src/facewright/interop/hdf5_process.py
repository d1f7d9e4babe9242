"""The process run by `hdf5`: reads HDF5 from standard input and writes safetensors.

It imports nothing of Facewright, so that it starts quickly, and limits itself before it reads.
"""

from __future__ import annotations

import io
import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = 3
"""Exit status for an unsuitable file; standard output says why."""

_MOST_ARRAYS = 2_000
_PACKED = 20  # arrays may unpack to so many times the size of the file
_MEMORY = 1 << 30  # bytes, for the program itself
_SECONDS = 60


class RefusedError(Exception):
    """The file is not a model of this kind."""


def read_arrays(data: bytes) -> tuple[dict[str, Any], str]:
    """Return the arrays of a model by their paths, and the text that describes it.

    Args:
        data: The whole file.

    Raises:
        RefusedError: The file is not a model of this kind.
        Exception: Any, or a crash of the process, for a damaged file.
    """
    import h5py

    with h5py.File(io.BytesIO(data), "r") as file:
        described = file.attrs.get("model_config", "")
        arrays = dict(_walk(h5py, file.get("model_weights", file), len(data)))
    text = described.decode("utf-8", "replace") if isinstance(described, bytes) else described
    return arrays, str(text)


def _main() -> int:
    """Read a file from standard input, and write its arrays to standard output."""
    from safetensors.numpy import save

    data = sys.stdin.buffer.read()
    _limit(_MEMORY + 3 * _PACKED * len(data))
    try:
        arrays, description = read_arrays(data)
    except RefusedError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - h5py raises what the C library comes upon
        reason = f"the HDF5 file is damaged: {type(error).__name__}: {error}"
    else:
        sys.stdout.buffer.write(save(arrays, metadata={"model_config": description}))
        return 0
    sys.stdout.buffer.write(reason[:500].encode())
    return REFUSED


def _limit(memory: int) -> None:
    """Limit memory and time, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, _SECONDS)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == -1 else min(most, hard), hard))


def _walk(h5py: Any, group: Any, size: int) -> Iterator[tuple[str, Any]]:
    """Yield every array of numbers in a group of a file of `size` bytes, with its path."""
    waiting, seen, room = [("", group)], 0, size * _PACKED
    while waiting:
        path, folder = waiting.pop()
        for name in folder:
            seen += 1
            if seen > _MOST_ARRAYS or not isinstance(folder.get(name, getlink=True), h5py.HardLink):
                raise RefusedError("the HDF5 file links elsewhere, or holds too much")
            entry, place = folder[name], f"{path}/{name}".lstrip("/")
            if isinstance(entry, h5py.Group):
                waiting.append((place, entry))
                continue
            room -= math.prod(entry.shape or (0,)) * entry.dtype.itemsize
            if entry.dtype.kind not in "fiu" or entry.external or entry.is_virtual or room < 0:
                raise RefusedError(f"the HDF5 file holds something else than numbers: {place[:80]}")
            yield place, np.ascontiguousarray(entry[()], dtype=np.float32)


if __name__ == "__main__":
    sys.exit(_main())
