"""Read files of PyTorch, in the zip or the older format, as data."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from facewright.errors import WeightsError
from facewright.interop.pickles.inert import Name, Record, Reference
from facewright.interop.pickles.reader import Unpickled, read_pickle
from facewright.interop.pickles.records import Storages, as_bytes

MAGIC = 0x1950A86A20F9469CFC6C
"""Magic number at the beginning of the older format, as a pickle."""

_MOST_MEMBERS = 100_000
_DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
_NESTED = "torch.storage._load_from_bytes"
_UNZIPPABLE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
_SAME_BYTES = b"little" if sys.byteorder == "little" else b"big"


@dataclass(frozen=True, slots=True)
class Contents:
    """The content of a file."""

    value: Any
    """Plain values and records."""
    storages: Storages
    """Gives the values of its tensors."""


def read_contents(data: bytes) -> Contents:
    """Read a file of PyTorch, or a plain pickle.

    Args:
        data: The whole file.

    Returns:
        The content. Nothing in it is called or imported.

    Raises:
        WeightsError: It is damaged, is a program, or would take more memory than its own size.
    """
    if data[:2] == b"PK":
        return _read_zipped(data)
    first = read_pickle(data)
    return _read_older(data, first) if first.value == MAGIC else Contents(first.value, _Nested())


def _read_zipped(data: bytes) -> Contents:
    """Read the format of PyTorch since 1.6: a zip archive of uncompressed members."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _check_members(archive, len(data))
            roots = [name for name in members if name.endswith("/data.pkl")]
            if len(roots) != 1:
                raise WeightsError("the archive holds no tensors of PyTorch")
            root = roots[0].removesuffix("data.pkl")
            if any(name.startswith(f"{root}code/") for name in members):
                raise WeightsError(
                    "the file is a program (TorchScript), not only weights",
                    hint="save the state dictionary instead: torch.save(model.state_dict(), ...)",
                )
            order = f"{root}byteorder"
            if order in members and archive.read(order) != _SAME_BYTES:
                raise WeightsError("the file was written on a machine with another order of bytes")
            value = read_pickle(archive.read(roots[0])).value
    except _UNZIPPABLE as error:
        raise _damaged(error) from error
    return Contents(value, _Zipped(data, f"{root}data/", members))


class _Zipped:
    """The values in an archive, read at first use."""

    def __init__(self, data: bytes, folder: str, members: Mapping[str, int]) -> None:
        self._archive, self._folder, self._members = (
            zipfile.ZipFile(io.BytesIO(data)),
            folder,
            members,
        )
        self._read: dict[str, torch.Tensor] = {}

    def __call__(self, what: Any) -> torch.Tensor:
        """Return the values that a pickle refers to, (n,)."""
        dtype, key, count, _ = _read_reference(what)
        if key not in self._read:
            name = f"{self._folder}{key}"
            if self._members.get(name) != count * dtype.itemsize:
                raise WeightsError("the archive has not the numbers that its pickle refers to")
            try:
                raw = self._archive.read(name)
            except _UNZIPPABLE as error:
                raise _damaged(error) from error
            self._read[key] = _as_numbers(raw, dtype)
        if self._read[key].dtype != dtype:
            raise WeightsError("the file reads the same numbers in two ways")
        return self._read[key]


def _read_older(data: bytes, magic: Unpickled) -> Contents:
    """Read the format of PyTorch before 1.6: pickles, then raw values."""
    version = read_pickle(data, magic.end)
    system = read_pickle(data, version.end)
    body = read_pickle(data, system.end)
    keys = read_pickle(data, body.end)
    if not isinstance(system.value, dict) or system.value.get("little_endian") is not True:
        raise WeightsError("the file was written on a machine with another order of bytes")
    if not isinstance(keys.value, list):
        raise WeightsError("the file does not list its tensors")
    kinds: dict[str, tuple[torch.dtype, int]] = {}
    for reference in body.references:
        dtype, key, count, _ = _read_reference(reference)
        kinds.setdefault(key, (dtype, count))
    found, at = {}, keys.end
    for key in keys.value:
        if not isinstance(key, str) or key not in kinds:
            raise WeightsError("the file lists numbers that nothing refers to")
        dtype, count = kinds[key]
        size = count * dtype.itemsize
        if data[at : at + 8] != count.to_bytes(8, "little") or len(data) < at + 8 + size:
            raise WeightsError(
                "the file is cut off or damaged: it has not the numbers that it lists"
            )
        found[key] = _as_numbers(data[at + 8 : at + 8 + size], dtype)
        at += 8 + size
    return Contents(body.value, _Older(found))


class _Older:
    """The values of a file of the older format."""

    def __init__(self, found: Mapping[str, torch.Tensor]) -> None:
        self._found = found

    def __call__(self, what: Any) -> torch.Tensor:
        """Return the values that a pickle refers to, (n,)."""
        dtype, key, _, view = _read_reference(what)
        numbers = self._found.get(key)
        if numbers is None or numbers.dtype != dtype:
            raise WeightsError("the file has not the numbers that its pickle refers to")
        if view is None:
            return numbers
        start, size = view
        if start + size > len(numbers):
            raise WeightsError("a tensor of the file is larger than its numbers")
        return numbers[start : start + size]


class _Nested:
    """The values in a plain pickle: a file of the older format for each tensor."""

    def __init__(self) -> None:
        self._read: dict[int, tuple[Any, torch.Tensor]] = {}

    def __call__(self, what: Any) -> torch.Tensor:
        """Return the values that a pickle refers to, (n,)."""
        ours = isinstance(what, Record) and what.made_by == _NESTED
        if not ours or not isinstance(what.arguments, tuple) or not what.arguments:
            raise WeightsError("a tensor of the file has no numbers")
        inside = what.arguments[0]
        if id(inside) not in self._read:
            self._read[id(inside)] = inside, _read_nested(inside)
        return self._read[id(inside)][1]


def _read_nested(inside: Any) -> torch.Tensor:
    """Return the values of a storage that was written as a file of its own, (n,)."""
    data = as_bytes(inside)
    first = read_pickle(data) if data is not None else None
    if data is not None and first is not None and first.value == MAGIC:
        inner = _read_older(data, first)
        if isinstance(inner.value, Reference):
            return inner.storages(inner.value)
    raise WeightsError("a tensor of the file has no numbers")


def _check_members(archive: zipfile.ZipFile, size: int) -> dict[str, int]:
    """Return the members of an archive with their sizes, if none is packed, hidden or outside."""
    found: dict[str, int] = {}
    for member in archive.infolist():
        parts = member.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise WeightsError(f"the archive reaches outside itself: {member.filename[:80]!r}")
        packed = member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1
        if packed or member.file_size != member.compress_size or member.filename in found:
            raise WeightsError(
                "the archive is not one that PyTorch writes: members are packed, locked or doubled"
            )
        found[member.filename] = member.file_size
    if len(found) > _MOST_MEMBERS or sum(found.values()) > size:
        raise WeightsError("the archive says that it holds more than it does")
    return found


def _read_reference(what: Any) -> tuple[torch.dtype, str, int, tuple[int, int] | None]:
    """Return the number format, the key, the count, and the start and size of a part, if any."""
    key = what.key if isinstance(what, Reference) else None
    if not isinstance(key, tuple) or len(key) < 5 or key[0] != "storage":
        raise WeightsError("the file refers to something that is no tensor")
    kind, name, count, view = key[1], key[2], key[4], key[5] if len(key) > 5 else None
    dtype = _DTYPES.get(kind.name) if isinstance(kind, Name) else None
    if dtype is None or not isinstance(name, str):
        raise WeightsError("a tensor of the file has a number format that is not known")
    if type(count) is not int or not 0 <= count < 1 << 40:
        raise WeightsError("a tensor of the file has a size that is none")
    if view is None:
        return dtype, name, count, None
    part = view[1:3] if isinstance(view, tuple) else ()
    if len(part) != 2 or not all(type(n) is int and 0 <= n < 1 << 40 for n in part):
        raise WeightsError("a tensor of the file has a shape that is none")
    return dtype, name, count, (part[0], part[1])


def _as_numbers(raw: bytes, dtype: torch.dtype) -> torch.Tensor:
    """Return bytes as a tensor, (n,)."""
    return torch.frombuffer(bytearray(raw), dtype=dtype) if raw else torch.empty(0, dtype=dtype)


def _damaged(error: Exception) -> WeightsError:
    """Return the error for an archive that cannot be read."""
    return WeightsError(f"the archive is damaged: {error}", hint="copy or fetch it again")
