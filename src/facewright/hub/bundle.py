"""Save and load a model as safetensors plus its configuration."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from facewright.errors import InputError, WeightsError
from facewright.files import find_placeholder, replacing
from facewright.types import Bundle, Card, Json

FORMAT = 1
"""Version of the file format."""

_KEY = "facewright"  # of the safetensors metadata
_HEAD = 64  # bytes that tell what came instead of a file
_HEADER_LIMIT = 100_000_000  # bytes; safetensors itself refuses more
_FOREIGN = (b"PK", b"\x80", b"\x89HDF")  # zip archives of PyTorch, pickles, HDF5
_COMPUTED = ("sha256", "size")  # fields of the card that a file cannot say about itself


def save_bundle(path: Path, bundle: Bundle, *, half: bool = False) -> Card:
    """Write a model to one safetensors file, atomically.

    Equal bundles give equal bytes.

    Args:
        path: Where to write; an existing file is replaced.
        bundle: The model. Tensors may be tied, strided, on any device, and may require gradients.
        half: Whether to store float32 tensors as float16.

    Returns:
        The card with the sha256 and the size of the file.

    Raises:
        InputError: The configuration is not JSON, or a tensor does not fit float16.
        WeightsError: The file cannot be written.
    """
    tensors = {name: _pack(name, x, half=half) for name, x in sorted(bundle.tensors.items())}
    metadata = {_KEY: _describe(bundle, sum_up(tensors))}
    try:
        with replacing(path) as unfinished:
            save_file(tensors, unfinished, metadata=metadata)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} cannot be written: {error}") from error
    return replace(bundle.card, sha256=file_sha256(path), size=path.stat().st_size)


def load_bundle(path: Path, *, sha256: str | None = None) -> Bundle:
    """Read a model. Nothing in the file is executed.

    Args:
        path: A file that `save_bundle` wrote.
        sha256: Required hash of the file, in hexadecimal; None accepts any.

    Returns:
        The bundle on the CPU, its card with the sha256 and the size of the file. Tensors have the
        dtype that they were stored in, so those saved with `half` are float16.

    Raises:
        WeightsError: The file is missing, damaged, of another hash, not a bundle, or was written
            by a newer version.
    """
    data = _read(path)
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256.lower():
        raise WeightsError(
            f"{path} is not the file that it should be: sha256 {found}, not {sha256}",
            hint="delete it, then copy or fetch it again",
        )
    card, config, checksum = _read_description(path, data)
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise _damaged(path, str(error)) from error
    if checksum is not None and checksum != sum_up(tensors):
        raise _damaged(path, "wrong checksum")
    return Bundle(replace(card, sha256=found, size=len(data)), config, tensors)


def read_card(path: Path) -> Card:
    """Read the card of a model without loading its tensors.

    Args:
        path: A file that `save_bundle` wrote.

    Returns:
        The card with the sha256 and the size of the file.

    Raises:
        WeightsError: As for `load_bundle`, as far as the header of the file shows it.
    """
    data = _read(path, header_only=True)
    card, *_ = _read_description(path, data)
    return replace(card, sha256=file_sha256(path), size=path.stat().st_size)


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal.

    Args:
        path: Any file.

    Raises:
        WeightsError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def sum_up(tensors: Mapping[str, torch.Tensor]) -> str:
    """Return a checksum of the names and values of tensors, which safetensors itself lacks.

    Args:
        tensors: Tensors by name, of any dtype, on the CPU.

    Returns:
        A CRC-32 in hexadecimal.

    Example:
        >>> sum_up({"w": torch.zeros(2)}) == sum_up({"w": torch.tensor([0.0, 1.0])})
        False
    """
    total = 0
    for name in sorted(tensors):
        total = zlib.crc32(name.encode(), total)
        total = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, total)
    return f"{total:08x}"


def _pack(name: str, x: torch.Tensor, *, half: bool) -> torch.Tensor:
    """Return a tensor with storage of its own, as it will be written."""
    x = x.detach().cpu()
    if not (half and x.dtype == torch.float32):
        return x.clone(memory_format=torch.contiguous_format)
    packed = x.to(torch.float16, memory_format=torch.contiguous_format)
    if not torch.equal(packed.isfinite(), x.isfinite()):
        raise InputError(f"tensor `{name}` does not fit float16", hint="save it without half")
    return packed


def _describe(bundle: Bundle, checksum: str) -> str:
    """Return card and configuration as JSON text with a fixed order of keys."""
    card = {key: value for key, value in asdict(bundle.card).items() if key not in _COMPUTED}
    config = dict(bundle.config)
    described = {"format": FORMAT, "card": card, "config": config, "crc32": checksum}
    try:
        return json.dumps(described, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the configuration of `{bundle.card.name}` is not JSON: {error}"
        ) from error


def _read(path: Path, *, header_only: bool = False) -> bytes:
    """Return the bytes of a file, or of its beginning up to the tensors."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise _unreadable(path, OSError("it is no regular file"))  # some never end
    try:
        with path.open("rb") as file:
            if not header_only:
                return file.read()
            start = file.read(8)
            length = min(int.from_bytes(start, "little"), _HEADER_LIMIT)
            return start + file.read(length)
    except OSError as error:
        raise _unreadable(path, error) from error


def _read_description(path: Path, data: bytes) -> tuple[Card, Mapping[str, Json], Json]:
    """Read the card, the configuration and the checksum, which early bundles lack."""
    if instead := find_placeholder(data[:_HEAD]):
        raise WeightsError(f"{path} is {instead.name}, no weights", hint=instead.hint)
    length = int.from_bytes(data[:8], "little")
    if data.startswith(_FOREIGN) and data[8:9] != b"{":
        raise WeightsError(
            f"{path} is no safetensors file, but a checkpoint of another project",
            hint=f"`facewright models import {path} -o {path.stem}.safetensors`",
        )
    if len(data) < 8 or length > min(len(data) - 8, _HEADER_LIMIT):
        raise _damaged(path, "it ends before its header does, or is no safetensors file")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "it is no safetensors file") from error
    try:
        described = json.loads(header["__metadata__"][_KEY])
        version, card, config = described["format"], described["card"], described["config"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{path} holds tensors, but was not written by Facewright",
            hint="weights of other projects are imported first: `facewright models import`",
        ) from error
    if version != FORMAT:
        raise WeightsError(
            f"{path} is in format {version}; this version reads format {FORMAT}",
            hint="upgrade facewright: `pip install --upgrade facewright`",
        )
    if not isinstance(config, dict):
        raise _damaged(path, "its configuration is not a table")
    return _read_card_fields(path, card), cast("dict[str, Json]", config), described.get("crc32")


def _read_card_fields(path: Path, fields: Json) -> Card:
    """Build a card from the fields in a file. Fields of later versions are left out."""
    if not isinstance(fields, dict):
        raise _damaged(path, "its card is not a table")
    known: dict[str, Any] = {
        key: value
        for key, value in fields.items()
        if key in Card.__dataclass_fields__ and key not in _COMPUTED and isinstance(value, str)
    }
    if not {"name", "kind"} <= known.keys():
        raise _damaged(path, "its card has no name or no kind")
    return Card(**known)


def _damaged(path: Path, reason: str) -> WeightsError:
    """Return the error for a file that cannot be understood."""
    return WeightsError(
        f"{path} is damaged: {reason}", hint="copy or fetch it again, or save it again"
    )


def _unreadable(path: Path, error: OSError) -> WeightsError:
    """Return the error for a file that cannot be opened."""
    return WeightsError(
        f"{path} cannot be read: {error.strerror or error}",
        hint="check the path, and that the file may be read",
    )
