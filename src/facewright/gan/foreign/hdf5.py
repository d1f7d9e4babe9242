"""Read the weights of a Keras model from HDF5: named arrays, and nothing that runs."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from facewright.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facewright.types import Json

MAGIC = b"\x89HDF\r\n\x1a\n"
"""What such a file begins with."""

_MOST_ARRAYS = 10_000
_PACKED = 20  # arrays may unpack to so many times the size of the file


def read_keras(data: bytes) -> tuple[dict[str, torch.Tensor], dict[str, Json]]:
    """Read a model that Keras saved.

    Links to other files, arrays kept elsewhere, and Python objects are refused; of the model's
    description, only names, kinds and options of layers are kept, as JSON.

    Args:
        data: The whole file.

    Returns:
        Tensors by the name that Keras gives them, such as "conv2d_1/kernel", float32, with the axes
        in the order of Keras; and the description of the model.

    Raises:
        WeightsError: The file is damaged or no such model, or h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise WeightsError(
            "HDF5 files are read with h5py, which is not installed",
            hint="pip install 'facewright[foreign]'",
        ) from error
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            group = file.get("model_weights", file)
            listed = list(_walk(h5py, group, len(data)))
            described = file.attrs.get("model_config", "")
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        raise WeightsError(f"the HDF5 file is damaged: {error}", hint="copy it again") from error
    tensors = {_shorten(name): torch.from_numpy(array) for name, array in listed}
    if not tensors or len(tensors) < len(listed):
        raise WeightsError("the HDF5 file holds no weights of a Keras model")
    return tensors, _read_description(described)


def _walk(h5py: Any, group: Any, size: int) -> Iterator[tuple[str, Any]]:
    """Yield every array of numbers in a group of a file of `size` bytes, with its path."""
    waiting, seen, room = [("", group)], 0, size * _PACKED
    while waiting:
        path, folder = waiting.pop()
        for name in folder:
            seen += 1
            if seen > _MOST_ARRAYS or not isinstance(folder.get(name, getlink=True), h5py.HardLink):
                raise WeightsError("the HDF5 file links elsewhere, or holds too much")
            entry, place = folder[name], f"{path}/{name}".lstrip("/")
            if isinstance(entry, h5py.Group):
                waiting.append((place, entry))
                continue
            room -= math.prod(entry.shape or (0,)) * entry.dtype.itemsize
            if entry.dtype.kind not in "fiu" or entry.external or entry.is_virtual or room < 0:
                raise WeightsError(f"the HDF5 file holds something else than numbers: {place[:80]}")
            yield place, np.ascontiguousarray(entry[()], dtype=np.float32)


def _shorten(path: str) -> str:
    """Return the name of an array: the layer, and what it is of it.

    >>> _shorten("conv2d_1/conv2d_1_1/kernel:0")
    'conv2d_1/kernel'
    """
    parts = path.removesuffix(":0").split("/")
    return f"{parts[0]}/{parts[-1]}"


def _read_description(text: Any) -> dict[str, Json]:
    """Return the layers of a model as JSON; empty where there is no description."""
    raw = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    try:
        described = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        return {}
    return described if isinstance(described, dict) else {}
