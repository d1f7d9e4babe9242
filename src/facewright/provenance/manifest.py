"""Manifests as text: how a result was made."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from facewright.errors import FileError, InputError
from facewright.types import Manifest

FORMAT = 1
"""Version of the format."""

_KEY = "facewright"  # holds the format, and tells a manifest from other JSON
_TEXTS = ("task", "consent", "version", "torch", "device")
_TABLES = ("parameters", "models", "sources", "marks")
_MOST_SEEDS = 1_000_000  # in one file: a range in a forged one must not fill the memory
_MOST_LEVELS = 32  # of lists and tables
_RANGE = re.compile(r"(-?\d{1,20})(?:-(-?\d{1,20}))?", re.ASCII)


def to_text(manifest: Manifest) -> str:
    """Write a manifest as JSON: ASCII, in one line, keys in a fixed order.

    Equal manifests give equal texts. `from_text` is the inverse.

    Args:
        manifest: Any manifest.

    Returns:
        The text.

    Raises:
        InputError: A parameter is not JSON, or there are more than a million seeds.

    >>> to_text(Manifest("generate", {"truncation_psi": 0.7}, seeds=(0, 1, 2, 7)))
    '{"facewright": 1, "task": "generate", "parameters": {"truncation_psi": 0.7}, "seeds": "0-2,7"}'
    """
    if len(manifest.seeds) > _MOST_SEEDS:
        raise InputError(f"{len(manifest.seeds)} seeds are more than one file can record")
    if not manifest.task:
        raise InputError("a manifest names its task")
    try:
        return json.dumps({_KEY: FORMAT, **_to_fields(manifest)}, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"the parameters of `{manifest.task}` are not JSON: {error}") from error


def from_text(text: str) -> Manifest:
    """Read a manifest that `to_text` wrote. Entries of later versions are left out.

    Args:
        text: A text from a file.

    Returns:
        The manifest.

    Raises:
        FileError: The text is not a manifest, is damaged, or was written in a later format.
    """
    try:
        fields = json.loads(text, parse_constant=_read_number, parse_float=_read_number)
    except (ValueError, RecursionError) as error:
        raise FileError("the manifest is damaged: it is not JSON") from error
    if _is_deeper(fields, _MOST_LEVELS):
        raise FileError(f"the manifest is damaged: it is nested more than {_MOST_LEVELS} times")
    if not isinstance(fields, dict) or _KEY not in fields:
        raise FileError("the text is not a manifest of Facewright")
    if fields[_KEY] != FORMAT:
        raise FileError(
            f"the manifest is in format {fields[_KEY]}; this version reads format {FORMAT}",
            hint="upgrade facewright: `pip install --upgrade facewright`",
        )
    read: dict[str, Any] = {name: fields.get(name, "") for name in _TEXTS}
    read |= {name: fields.get(name, {}) for name in _TABLES}
    seeds = fields.get("seeds", "")
    _check_kinds(read, seeds)
    return Manifest(**read, seeds=parse_seeds(seeds))


def is_manifest(text: str) -> bool:
    """Return whether a text in a file is a manifest, possibly damaged."""
    return text.startswith(f'{{"{_KEY}": ')


def format_seeds(seeds: Iterable[int]) -> str:
    """Format seeds compactly, in their order.

    Args:
        seeds: Any whole numbers.

    Returns:
        Numbers and ranges of rising numbers.

    >>> format_seeds([0, 1, 2, 3, 70, 5, 5])
    '0-3,70,5,5'
    """
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][1] + 1:
            runs[-1][1] = seed
        else:
            runs.append([seed, seed])
    return ",".join(f"{low}-{high}" if high > low else f"{low}" for low, high in runs)


def parse_seeds(text: str) -> tuple[int, ...]:
    """Parse seeds: the inverse of `format_seeds`.

    Args:
        text: Numbers and ranges, separated by commas; empty for none.

    Returns:
        The seeds, in order.

    Raises:
        FileError: The text is something else, or has more than a million seeds.

    >>> parse_seeds("0-3,70")
    (0, 1, 2, 3, 70)
    """
    runs = [_parse_run(part) for part in text.split(",")] if text else []
    if sum(len(run) for run in runs) > _MOST_SEEDS:
        raise FileError("the manifest is damaged: it has more than a million seeds")
    return tuple(chain.from_iterable(runs))


def _read_number(text: str) -> float:
    """Read a number with a fraction; JSON has no others than finite ones."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is no number")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether lists and tables are nested more than `levels` deep."""
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inside)


def _to_fields(manifest: Manifest) -> dict[str, Any]:
    """Return the non-empty fields of a manifest in the order of the text."""
    said: dict[str, Any] = {name: _in_order(dict(getattr(manifest, name))) for name in _TABLES}
    said["seeds"] = format_seeds(manifest.seeds)
    said |= {name: getattr(manifest, name) for name in _TEXTS[1:]}
    kept = {name: value for name, value in said.items() if value or name == "parameters"}
    return {"task": manifest.task, **kept}


def _parse_run(part: str) -> range:
    """Read one number or one range."""
    match = _RANGE.fullmatch(part)
    if not match:
        raise FileError(f"the manifest is damaged: `{part[:40]}` is no seed or range of seeds")
    low = int(match[1])
    high = low if match[2] is None else int(match[2])
    if not low <= high <= low + _MOST_SEEDS:
        raise FileError(f"the manifest is damaged: `{part}` is no range of seeds")
    return range(low, high + 1)


def _check_kinds(read: dict[str, Any], seeds: Any) -> None:
    """Raise unless every entry of a manifest has the right type."""
    wrong = [name for name in _TEXTS if not isinstance(read[name], str)]
    wrong += [name for name in _TABLES if not isinstance(read[name], dict)]
    wrong += [] if isinstance(seeds, str) else ["seeds"]
    hashes = [read[name] for name in _TABLES[1:] if name not in wrong]
    if wrong or not read["task"] or not all(isinstance(h, str) for t in hashes for h in t.values()):
        raise FileError(
            f"the manifest is damaged: {', '.join(wrong) or 'an entry'} is not readable"
        )


def _in_order(value: Any) -> Any:
    """Return JSON with the keys of every table sorted."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_in_order(item) for item in value]
    return value
