"""Read the weights of a Keras model from HDF5, without running code.

A damaged file can make the HDF5 library, which is written in C, crash or take all memory. It runs
in a process of its own, whose failure becomes an error here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from facewright.errors import WeightsError
from facewright.interop import hdf5_process

if TYPE_CHECKING:
    from facewright.types import Json

MAGIC = b"\x89HDF\r\n\x1a\n"
"""The first bytes of an HDF5 file."""

_SECONDS = 120
_AGAIN = "copy or fetch the file again"


def read_keras(data: bytes) -> tuple[dict[str, torch.Tensor], dict[str, Json]]:
    """Read a model that Keras saved.

    Links to other files, arrays kept elsewhere, and Python objects are refused; of the model's
    description, only names, kinds and options of layers are kept, as JSON.

    Args:
        data: The whole file.

    Returns:
        Tensors by their names in Keras, such as "conv2d_1/kernel", float32, with the axes in the
        order of Keras; and the description of the model.

    Raises:
        WeightsError: The file is damaged or no such model, or h5py is not installed.
    """
    if importlib.util.find_spec("h5py") is None:
        raise WeightsError(
            "HDF5 files are read with h5py, which is not installed",
            hint="pip install 'facewright[foreign]'",
        )
    answer = _ask_process(data)
    size = int.from_bytes(answer[:8], "little")
    try:
        described = json.loads(answer[8 : 8 + size])["__metadata__"]["model_config"]
        listed = load(answer)
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError("the HDF5 file is damaged", hint=_AGAIN) from error
    tensors = {_shorten(name): tensor for name, tensor in listed.items()}
    if not tensors or len(tensors) < len(listed):
        raise WeightsError("the HDF5 file holds no weights of a Keras model")
    return tensors, _read_description(described)


def _ask_process(data: bytes) -> bytes:
    """Return the output of the process that reads HDF5."""
    command = [sys.executable, "-P", str(Path(hdf5_process.__file__))]  # -P: no module from here
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command,
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env=os.environ | threads,
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError(
            "the HDF5 file keeps its reader busy without end", hint=_AGAIN
        ) from error
    if done.returncode == hdf5_process.REFUSED:
        raise WeightsError(done.stdout.decode("utf-8", "replace"), hint=_AGAIN)
    if done.returncode:
        raise WeightsError("the HDF5 file is damaged: reading it failed", hint=_AGAIN)
    return done.stdout


def _shorten(path: str) -> str:
    """Return the name of an array: the layer, and what it is of it.

    >>> _shorten("conv2d_1/conv2d_1_1/kernel:0")
    'conv2d_1/kernel'
    """
    parts = path.removesuffix(":0").split("/")
    return f"{parts[0]}/{parts[-1]}"


def _read_description(text: str) -> dict[str, Json]:
    """Return the layers of a model as JSON; empty where there is no description."""
    try:
        described = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return described if isinstance(described, dict) else {}
