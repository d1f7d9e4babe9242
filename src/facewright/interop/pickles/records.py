"""Convert records of pickles to mappings, tensors and arrays, and to nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import WeightsError
from facewright.interop.pickles.inert import Record, Reference

T = TypeVar("T")

Storages: TypeAlias = Callable[[Any], torch.Tensor]
"""Maps what a pickle refers to (a `Reference`, or the record of one) to its values, (n,)."""

DEEPEST = 24
"""Most levels of nested modules; networks have about six."""

_MAPPINGS = {"OrderedDict", "defaultdict", "dict", "EasyDict", "AttrDict"}
_STATES = {"Namespace", "SimpleNamespace"}
_ARRAYS = {"numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"}
_TENSORS = {"torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"}
_WRAPPERS = {
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
}
_COMPILED = "_orig_mod."
_LIST = "model."  # in a network, a list of layers: a number follows
_OUTER = ("module.", _LIST)
_DTYPE = re.compile(r"[fiub][1248]")
_MOST_AXES = 8
_FREE = 1 << 20  # numbers that a tensor may repeat without taking much memory
_MOST_OPTIONS = 200
_SHARED = 4  # tensors may be so many times larger than their numbers


def as_mapping(value: Any) -> dict[Any, Any] | None:
    """Return a dictionary or the record of a kind of dictionary as a plain one; otherwise None."""
    if isinstance(value, dict):
        return value
    name = value.made_by.rpartition(".")[2] if isinstance(value, Record) else ""
    if name in _STATES and isinstance(value.state, dict):
        return dict(value.state)
    if name in _MAPPINGS:
        return _listed_pairs(value.arguments) | (value.pairs or {})
    return None


def as_tensor(value: Any, storages: Storages) -> torch.Tensor | None:
    """Build the tensor that a record describes, a view of its storage; None for anything else.

    Args:
        value: A value of a pickle.
        storages: Gives the values of tensors.

    Raises:
        WeightsError: Its description is invalid, or it is larger than its storage.
    """
    record = _unwrap(value)
    if record is None:
        return value if isinstance(value, torch.Tensor) else None
    storage, offset, size, stride = record.arguments[:4]
    if not isinstance(storage, (Reference, Record)):
        raise WeightsError("a tensor of the file has no numbers")
    return _view(storages(storage), offset, size, stride)


def as_array(value: Any) -> NDArray[Any] | None:
    """Build the array that a record of NumPy describes; None for anything else.

    Raises:
        WeightsError: Its description is invalid, or it holds Python objects.
    """
    if not isinstance(value, Record) or value.made_by not in _ARRAYS:
        return None
    if not isinstance(value.state, tuple) or len(value.state) != 5:
        raise WeightsError("an array of the file is described wrongly")
    _, shape, dtype, by_columns, data = value.state
    raw = data.encode("latin-1") if isinstance(data, str) else as_bytes(data)
    kind = _read_dtype(dtype)
    if raw is None or not _are_sizes(shape) or math.prod(shape) * kind.itemsize != len(raw):
        raise WeightsError("an array of the file is not as large as it says")
    order: Literal["C", "F"] = "F" if by_columns is True else "C"
    return np.frombuffer(raw, kind).reshape(tuple(shape), order=order)


def as_bytes(value: Any) -> bytes | None:
    """Return bytes, which early protocols write as a call to `_codecs.encode`; otherwise None."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, Record) or value.made_by != "_codecs.encode":
        return None
    text = value.arguments[0] if isinstance(value.arguments, tuple) and value.arguments else None
    try:
        return text.encode("latin-1") if isinstance(text, str) else None
    except UnicodeEncodeError as error:
        raise WeightsError("bytes of the file are written wrongly") from error


def tensors_of(value: Any, storages: Storages) -> dict[str, torch.Tensor]:
    """Return the tensors of a state dictionary by name, and leave out everything else.

    Prefixes of wrappers are removed, as by `unwrap_names`.

    Args:
        value: A value of a pickle.
        storages: Gives the values of tensors.
    """
    found = {}
    for name, entry in (as_mapping(value) or {}).items():
        tensor = as_tensor(entry, storages) if isinstance(name, str) else None
        if tensor is not None:
            found[name] = tensor
    check_sharing(found.values())
    return unwrap_names(found)


def unwrap_names(named: Mapping[str, T]) -> dict[str, T]:
    """Remove the prefixes that wrappers add to the names of tensors.

    "module." is put before all names by wrappers for several GPUs, "model." by a class around the
    network, and "_orig_mod." by `torch.compile`, before those of every part that was compiled.
    A network whose own layers are a list called "model" keeps its names.

    Args:
        named: Name → tensor, or anything else.

    >>> unwrap_names({"module.model._orig_mod.fc.weight": 1, "module.model._orig_mod.fc.bias": 2})
    {'fc.weight': 1, 'fc.bias': 2}
    >>> unwrap_names({"module.model.1.weight": 1})
    {'model.1.weight': 1}
    """
    found = {name.replace(_COMPILED, ""): value for name, value in named.items()}
    while found and (outer := next((w for w in _OUTER if all(n.startswith(w) for n in found)), "")):
        if outer == _LIST and any(name[len(outer) :][:1].isdigit() for name in found):
            break
        found = {name.removeprefix(outer): value for name, value in found.items()}
    return found


def check_sharing(tensors: Iterable[torch.Tensor]) -> None:
    """Raise if tensors would take much more memory once they no longer share it.

    Tied weights share memory legitimately; a thousand views of the same values do not.
    """
    wanted, there = _FREE, {}
    for tensor in tensors:
        storage = tensor.untyped_storage()
        there[storage.data_ptr()] = storage.nbytes()
        wanted -= tensor.nbytes
    if wanted + _SHARED * sum(there.values()) < 0:
        raise WeightsError("the tensors of the file are much larger than its numbers")


def plain(value: Any, depth: int = 2) -> Any:
    """Return the parts of a value that JSON can represent, such as training options."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (bool, int, str)) or depth == 0:
        return value if isinstance(value, (bool, int, str)) else None
    if isinstance(value, (list, tuple)):
        return [plain(item, depth - 1) for item in value[:_MOST_OPTIONS]]
    named = [(key, item) for key, item in (as_mapping(value) or {}).items() if isinstance(key, str)]
    return {key: plain(item, depth - 1) for key, item in named[:_MOST_OPTIONS]} or None


def _view(storage: torch.Tensor, offset: Any, size: Any, stride: Any) -> torch.Tensor:
    """Return a view of (n,) after checking that it stays inside and repeats little."""
    if not (_are_sizes(size) and _are_sizes(stride) and _are_sizes((offset,))):
        raise WeightsError("a tensor of the file has a shape that is none")
    if len(size) != len(stride):
        raise WeightsError("a tensor of the file has a shape that is none")
    count = math.prod(size)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if count > max(len(storage), _FREE) or (count and last >= len(storage)):
        raise WeightsError("a tensor of the file is larger than its numbers")
    return torch.as_strided(storage, size, stride, offset) if count else storage[:0]


def _are_sizes(value: Any) -> bool:
    """Return whether a value is a tuple of few integers from zero on that fit a machine."""
    return (
        isinstance(value, tuple)
        and len(value) <= _MOST_AXES
        and all(type(n) is int and 0 <= n < 1 << 40 for n in value)
    )


def _read_dtype(value: Any) -> np.dtype[Any]:
    """Return the number format that a record describes."""
    arguments = value.arguments if isinstance(value, Record) else ()
    code = arguments[0] if isinstance(arguments, tuple) and arguments else None
    order = value.state[1] if isinstance(value, Record) and _has_order(value.state) else ""
    if not isinstance(code, str) or not _DTYPE.fullmatch(code) or value.made_by != "numpy.dtype":
        raise WeightsError("an array of the file holds no plain numbers")
    return np.dtype(code).newbyteorder(">" if order == ">" else "<")


def _has_order(state: Any) -> bool:
    """Return whether the state of a number format names an order of bytes."""
    return isinstance(state, tuple) and len(state) > 1 and isinstance(state[1], str)


def _listed_pairs(arguments: Any) -> dict[Any, Any]:
    """Return what a kind of dictionary is made from: Python 2 lists keys and values."""
    for argument in arguments if isinstance(arguments, tuple) else ():
        if isinstance(argument, dict):
            return argument
        if isinstance(argument, list) and all(_is_pair(pair) for pair in argument):
            return {key: value for key, value in argument if isinstance(key, str)}
    return {}


def _is_pair(value: Any) -> bool:
    """Return whether a value is a list or tuple of two."""
    return isinstance(value, (list, tuple)) and len(value) == 2


def _unwrap(value: Any) -> Record | None:
    """Return the record of a tensor, without that of a parameter around it."""
    if isinstance(value, Record) and value.made_by in _WRAPPERS and value.arguments:
        value = value.arguments[0] if isinstance(value.arguments, tuple) else None
    if not isinstance(value, Record) or value.made_by not in _TENSORS:
        return None
    return value if isinstance(value.arguments, tuple) and len(value.arguments) > 3 else None


def pick(mapping: Mapping[Any, Any], *names: str) -> Any:
    """Return the first value that a mapping has under one of some names, or None."""
    return next((mapping[name] for name in names if name in mapping), None)
