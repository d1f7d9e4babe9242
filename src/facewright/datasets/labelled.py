"""Read faces with mesh labels, for the training of face detectors."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facewright.datasets.stored import StoredPictures
from facewright.errors import DatasetError
from facewright.faces.geometry.topology import POINTS
from facewright.faces.training.examples import Labelled

_HINT = "recipes/finder says how to make both files"
_NEEDED = ("archives", "names", "points")


def read_labelled(
    labels: Path, pictures: Path, empty: Path, *, held_out: bool = False
) -> tuple[Labelled, list[str]]:
    """Read labelled faces, and pictures without any.

    Args:
        labels: A file of arrays as `recipes/finder/merge.py` writes it: `archives` and `names`
            (n), which zip and which file in it; `points` (n, 478, 3), in pixels; `weights` (n),
            how often each is shown; `held_out` (n), which are kept for evaluation.
        pictures: The folder of the zips; or the zip, if there is one.
        empty: A zip of pictures without faces.
        held_out: Read the faces that are kept for evaluation instead of the others.

    Returns:
        The faces, decoded on access, and the source of each, "archive/name".

    Raises:
        DatasetError: A file is missing, damaged or holds no examples.
    """
    arrays = _read_arrays(labels)
    chosen = np.flatnonzero(arrays["held_out"] == held_out)
    archives = [str(name) for name in arrays["archives"][chosen]]
    names = [str(name) for name in arrays["names"][chosen]]
    only = pictures.is_file()  # one zip, whatever it is called now
    files = {n: _open(pictures if only else pictures / n) for n in sorted(set(archives))}
    with_faces = StoredPictures([_read(files[a], n) for a, n in zip(archives, names, strict=True)])
    with _open(empty) as without:
        faceless = StoredPictures([_read(without, n) for n in without.namelist()])
    for file in files.values():
        file.close()
    weights = arrays["weights"][chosen].astype(np.float64)
    if not len(with_faces) or not len(faceless) or not weights.sum() > 0:
        raise DatasetError(f"{labels} or {empty} holds nothing to learn from", hint=_HINT)
    points = np.ascontiguousarray(arrays["points"][chosen], np.float32)
    origins = [f"{a}/{n}" for a, n in zip(archives, names, strict=True)]
    return Labelled(with_faces, points, weights / weights.sum(), faceless), origins


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file of labels, checked."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} is no file of labels: {error}", hint=_HINT) from error
    missing = [name for name in _NEEDED if name not in arrays]
    if missing or arrays["points"].shape[1:] != (POINTS, 3):
        raise DatasetError(f"{path} is no file of labels: {missing or 'points'}", hint=_HINT)
    count = len(arrays["points"])
    arrays.setdefault("weights", np.ones(count))
    arrays.setdefault("held_out", np.zeros(count, bool))
    if {len(arrays[name]) for name in (*_NEEDED, "weights", "held_out")} != {count}:
        raise DatasetError(f"the arrays of {path} differ in length", hint=_HINT)
    return arrays


def _open(path: Path) -> zipfile.ZipFile:
    """Open a zip."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} cannot be read: {error}", hint=_HINT) from error


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a picture as it is stored."""
    try:
        return archive.read(name)
    except (KeyError, OSError, zipfile.BadZipFile, RuntimeError) as error:
        raise DatasetError(f"{name} in {archive.filename} cannot be read: {error}") from error
