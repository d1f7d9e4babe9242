"""Checkpoints, from which a training run resumes exactly."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from facewright.errors import TrainingError
from facewright.files import delete_leftovers, replacing
from facewright.hub.bundle import sum_up
from facewright.types import Json

_NAME = "checkpoint-{images:010d}.safetensors"
_PATTERN = "checkpoint-*.safetensors"
_SCALARS = (type(None), bool, int, float, str)


def save_checkpoint(path: Path, tensors: Mapping[str, torch.Tensor], state: Json) -> None:
    """Write everything that is needed to resume a run, as one safetensors file.

    The file is written atomically: if the process or the machine stops, an earlier file of the same
    name stays intact.

    Args:
        path: Where to write; the folder is made.
        tensors: The tensors by name, from `flatten_state`, on any device.
        state: The rest, from `flatten_state`.

    Raises:
        TrainingError: The disk is full, or the folder cannot be written.
    """
    plain = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }
    metadata = {"state": json.dumps(state), "crc32": sum_up(plain)}
    try:
        with replacing(path) as temporary:
            save_file(plain, temporary, metadata)
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"cannot write the checkpoint {path}: {error}", hint="is the disk full?"
        ) from error


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], Json]:
    """Read what `save_checkpoint` wrote.

    Args:
        path: The file.

    Returns:
        The tensors, on the CPU, and the state.

    Raises:
        TrainingError: The file is missing, damaged or no checkpoint.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no dict)
        state = json.loads(metadata["state"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise TrainingError(f"cannot read the checkpoint {path}: {error}", hint=_HINT) from error
    if metadata.get("crc32") != sum_up(tensors):
        raise TrainingError(f"the checkpoint {path} is damaged: wrong checksum", hint=_HINT)
    return tensors, state


def checkpoint_path(run: Path, images: int) -> Path:
    """Return the path of a checkpoint of a run.

    Args:
        run: The folder of the run.
        images: Number of pictures that the run has seen.
    """
    return run / _NAME.format(images=images)


def latest_checkpoint(run: Path) -> Path | None:
    """Return the newest checkpoint of a run, the one of the most pictures, or None.

    Unfinished files of a process that died are ignored.
    """
    return max(run.glob(_PATTERN), default=None, key=lambda path: path.name)


def load_latest(run: Path, *, note: Callable[[str], None] | None = None) -> tuple[Path, Any] | None:
    """Read the newest checkpoint of a run that is intact.

    Args:
        run: The folder of the run.
        note: Called with a message if a checkpoint is damaged and an older one is read.

    Returns:
        The file and the state that was given to `flatten_state`; None without a checkpoint.

    Raises:
        TrainingError: All checkpoints are damaged; the message is about the newest.
    """
    first: TrainingError | None = None
    for path in sorted(run.glob(_PATTERN), key=lambda path: path.name, reverse=True):
        try:
            state = unflatten_state(*load_checkpoint(path))
        except TrainingError as error:
            first = first or error
            continue
        if first and note:
            note(f"{first}; going on from the one before it, {path.name}")
        return path, state
    if first:
        raise first
    return None


def prune_checkpoints(run: Path, *, keep: int = 2) -> None:
    """Delete all but the newest checkpoints of a run, and unfinished files.

    Args:
        run: The folder of the run.
        keep: Number of checkpoints to keep, at least one; two leave one to fall back on.
    """
    complete = sorted(run.glob(_PATTERN), key=lambda path: path.name)
    for path in complete[: -max(1, keep)]:
        path.unlink(missing_ok=True)
    delete_leftovers(run, _PATTERN)


def flatten_state(state: object) -> tuple[dict[str, torch.Tensor], Json]:
    """Split the state of networks, optimisers and random generators into tensors and JSON.

    Args:
        state: Dictionaries with keys of any scalar kind, lists, tuples, numbers, strings, None
            and tensors, nested as deep as needed.

    Returns:
        The tensors by readable names, and the rest, which refers to them by name.

    Raises:
        TrainingError: It holds a value of another type.

    Example:
        >>> tensors, rest = flatten_state({"step": 3, "rng": torch.zeros(2)})
        >>> list(tensors)
        ['rng']
        >>> unflatten_state(tensors, rest)
        {'step': 3, 'rng': tensor([0., 0.])}
    """
    tensors: dict[str, torch.Tensor] = {}
    return tensors, _flatten(state, (), tensors)


def unflatten_state(tensors: Mapping[str, torch.Tensor], state: Json) -> Any:
    """Restore what `flatten_state` split.

    Raises:
        TrainingError: A tensor is missing, or the JSON has another form.
    """
    try:
        return _unflatten(tensors, state)
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"the state of the run is incomplete: {error}", hint=_HINT) from error


_HINT = "resume from the checkpoint before it, if that is intact, or begin in another --outdir"


def _flatten(value: Any, path: tuple[str, ...], tensors: dict[str, torch.Tensor]) -> Json:
    """Return the JSON of a value, moving tensors out of it."""
    if isinstance(value, torch.Tensor):
        name = _name_tensor(path, tensors)
        tensors[name] = value
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {
            "dict": [
                [_flatten(key, path, tensors), _flatten(item, (*path, str(key)), tensors)]
                for key, item in value.items()
            ]
        }
    if isinstance(value, list | tuple):
        items = [_flatten(item, (*path, str(i)), tensors) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    return _flatten_scalar(value, path)


def _flatten_scalar(value: Any, path: tuple[str, ...]) -> Json:
    """Return the JSON of a number or a word."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}  # JSON knows neither infinity nor NaN
    if isinstance(value, _SCALARS):
        return value
    place = "/".join(path) or "its root"
    raise TrainingError(f"a checkpoint cannot hold the {type(value).__name__} at {place}")


def _unflatten(tensors: Mapping[str, torch.Tensor], json: Json) -> Any:
    """Undo `_flatten`."""
    if isinstance(json, list):
        return [_unflatten(tensors, item) for item in json]
    if not isinstance(json, dict):
        return json
    ((kind, content),) = json.items()
    leaves: dict[str, Callable[[Any], Any]] = {"tensor": tensors.__getitem__, "float": float}
    if kind in leaves:
        return leaves[kind](content)
    containers: dict[str, Callable[[Any], Any]] = {"tuple": tuple, "dict": dict}
    return containers[kind](_unflatten(tensors, content))


def _name_tensor(path: tuple[str, ...], taken: Mapping[str, torch.Tensor]) -> str:
    """Return a readable name that is still free."""
    name = re.sub(r"[^\w./-]", "_", "/".join(path), flags=re.ASCII) or "state"
    if name in taken or name.startswith("__"):
        name = f"{name}+{len(taken)}"
    return name
