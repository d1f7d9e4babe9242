"""Which weights a task uses, and where fetched ones are kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from facewright.errors import WeightsError
from facewright.hub.bundle import file_sha256
from facewright.hub.cards import Entry, known_cards
from facewright.hub.store import MIRROR_VARIABLE, Progress, find_weights, load_weights
from facewright.types import Bundle

STARTER = "faces-128"
"""The generator that ships with the package: what is used where none is named."""

WEIGHTS_VARIABLE = "FACEWRIGHT_WEIGHTS"
"""The environment variable that names the weights to use where none are named."""

CACHE_VARIABLE = "FACEWRIGHT_CACHE"
"""The environment variable that names the folder for fetched weights."""


def pick_weights(
    name: str | None,
    *,
    environ: Mapping[str, str] = os.environ,
    known: Mapping[str, Entry] | None = None,
) -> str:
    """Return the weights that were asked for, or else those that ship with the package.

    Args:
        name: A name of the catalog or a file; None for the default.
        environ: `FACEWRIGHT_WEIGHTS` in it is the default.
        known: The catalog; None reads that of the package.

    Raises:
        WeightsError: None are named, and none ship with this installation.
    """
    if wanted := name or environ.get(WEIGHTS_VARIABLE):
        return wanted
    if STARTER not in (known_cards() if known is None else known):
        raise WeightsError(
            "no starter weights ship with this installation",
            hint="name a file with `weights`, or train one: `facewright train generator --help`",
        )
    return STARTER


_kept: dict[str, Bundle] | None = None  # what this process has read, once it keeps it


def open_weights(name: str, progress: Progress | None = None) -> Bundle:
    """Read weights by name or file, fetched first if need be."""
    if _kept is not None and name in _kept:
        return _kept[name]
    bundle = load_weights(name, cache=cache_folder(), mirror=find_mirror(), progress=progress)
    if _kept is not None:
        _kept[name] = bundle
    return bundle


def keep_weights() -> None:
    """Keep in memory what is read from now on: for processes that open the same over and over."""
    global _kept  # noqa: PLW0603
    _kept = {} if _kept is None else _kept


def fetch_weights(name: str, progress: Progress | None = None, *, accepted: bool = False) -> Path:
    """Return the file of weights by name or file, fetched first if need be.

    Args:
        name: Of the catalog, or a file.
        progress: Called with the progress of a download.
        accepted: The licence of the weights is accepted, where that has to be said.
    """
    mirror = find_mirror()
    return find_weights(
        name, cache=cache_folder(), mirror=mirror, progress=progress, accepted=accepted
    )


def hash_weights(name: str) -> str:
    """Return the sha256 of weights by name or file, fetched first if need be."""
    return file_sha256(fetch_weights(name))


def find_mirror() -> str:
    """Return the address from which all weights are fetched; empty for those of the catalog."""
    return os.environ.get(MIRROR_VARIABLE, "")


def cache_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the folder for fetched weights, as the platform wants it.

    Args:
        environ: `FACEWRIGHT_CACHE` in it wins; else `XDG_CACHE_HOME` or `LOCALAPPDATA` counts.
        platform: As `sys.platform`.
    """
    if chosen := environ.get(CACHE_VARIABLE):
        return Path(chosen).expanduser()
    if platform == "darwin":
        return Path.home() / "Library" / "Caches" / "facewright"
    variable, default = "XDG_CACHE_HOME", Path.home() / ".cache"
    if platform == "win32":
        variable, default = "LOCALAPPDATA", Path.home() / "AppData" / "Local"
    return Path(environ.get(variable) or default) / "facewright"
