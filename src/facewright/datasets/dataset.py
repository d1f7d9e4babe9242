"""Read a prepared dataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.datasets.archive import (
    DESCRIPTION,
    UNREADABLE,
    Source,
    enter_dataset,
    open_source,
    read_all,
)
from facewright.datasets.balance import LIMIT, Balance, balance_labels
from facewright.datasets.cache import PictureCache
from facewright.datasets.contents import check_sizes, list_pictures, map_threads, raise_first
from facewright.datasets.labels import LabelGroup, read_labels
from facewright.device import seeded
from facewright.errors import DatasetError, FileError, InputError
from facewright.media.decode import read_image
from facewright.types import Image


@dataclass(frozen=True, eq=False)
class Dataset:
    """Square pictures of one size, with or without labels. Made by `open_dataset`."""

    name: str
    """Name of the folder or zip, without suffix."""
    resolution: int
    """Height and width of every picture in pixels."""
    labels: torch.Tensor
    """(n, c_dim), float32; c_dim is 0 for a dataset opened without `cond`."""
    label_groups: tuple[LabelGroup, ...]
    """The labels and their values, in the order of the dimensions; empty without `cond`."""
    sha256: str
    """Fingerprint of the names and sizes (in a zip: checksums) of the files, and the labels."""
    details: Mapping[str, Any]
    """Entries of `dataset.json` besides the labels, such as the licence."""
    mirror: bool
    """Whether every picture occurs a second time, flipped left to right."""
    names: tuple[str, ...]
    """The path of each picture inside the folder or zip."""
    _source: Source
    _cache: PictureCache
    balance: Balance | None = None
    """How often each group of pictures is drawn in training; None draws all equally often."""

    def __len__(self) -> int:
        """Return the number of pictures, flipped ones included."""
        return len(self.labels)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the dimensions of a label, such as "age: 20-29"; c_dim of them."""
        return tuple(f"{g.name}: {value}" for g in self.label_groups for value in g.values)

    @property
    def drawn_labels(self) -> torch.Tensor:
        """(m, c_dim): labels, each as often as training draws it."""
        return self.labels if self.balance is None else self.balance.spread(self.labels)

    def balanced(self, names: Sequence[str], *, limit: float = LIMIT) -> Dataset:
        """Return the same dataset, of which training draws combinations of labels equally often.

        Args:
            names: Names of label groups, such as ("age", "ethnicity").
            limit: Largest factor on how often a picture is drawn, at least 1.

        Raises:
            InputError: There is no such group, or the limit is below 1.
        """
        return replace(
            self, balance=balance_labels(self.labels, self.label_groups, names, limit=limit)
        )

    def unlabelled(self) -> Dataset:
        """Return the same dataset without labels, with the same balance."""
        return replace(self, labels=self.labels[:, :0], label_groups=())

    def images(self, indices: Sequence[int] | NDArray[np.int64]) -> Image:
        """Read pictures; a decoded file is kept if the cache has room.

        Args:
            indices: (n,), below `len(self)`. With `mirror`, the second half are the flipped ones.

        Returns:
            (n, resolution, resolution, 3), uint8, RGB.

        Raises:
            DatasetError: A picture is damaged.
            InputError: An index is out of range.
        """
        places = np.asarray(indices, dtype=np.int64)
        if places.size and not 0 <= places.min() <= places.max() < len(self):
            raise InputError(f"the dataset has pictures 0 to {len(self) - 1}")
        flipped, files = np.divmod(places, len(self.names))
        missing = self._cache.missing(files)
        fresh = dict(zip(missing, map_threads(self._decode, missing), strict=True))
        pictures = self._cache.gather(files, fresh)  # [n h w 3]
        turned = flipped.astype(bool)
        pictures[turned] = pictures[turned, :, ::-1]
        return pictures

    def verify(self) -> None:
        """Decode every picture, and keep as many as the cache has room for.

        Raises:
            DatasetError: At least one is damaged; the message names the first and counts the
                others.
        """
        problems = map_threads(self._find_damage, range(len(self.names)))
        found = zip(self.names, problems, strict=True)
        raise_first(self.name, [(name, problem) for name, problem in found if problem])

    def _find_damage(self, index: int) -> str | None:
        """Decode one picture, and return what is wrong with it, or None."""
        try:
            self._decode(index)
        except DatasetError as error:
            return str(error)
        return None

    def _decode(self, index: int) -> Image:
        """Read one picture from its file, and keep it if there is room."""
        name = self.names[index]
        try:
            with self._source.open(name) as file:
                image = read_image(read_all(file))
        except (*UNREADABLE, FileError) as error:
            raise DatasetError(f"{name} in {self.name} is damaged: {error}") from error
        if image.shape != (self.resolution, self.resolution, 3):
            raise DatasetError(f"{name} in {self.name} decodes to {image.shape}")
        self._cache.keep(index, image)
        return image


def open_dataset(
    path: Path,
    *,
    cond: bool = False,
    mirror: bool = False,
    limit: int | None = None,
    verify: bool = False,
    cache_bytes: int = 1 << 30,
) -> Dataset:
    """Open a folder or zip of square pictures of one size, and check every header and label.

    Args:
        path: A folder or zip of PNG, JPEG or WebP pictures, with or without `dataset.json` at its
            root: `{"labels": [["00000/img00000000.png", 3], ...], "label_groups":
            [{"name": "age", "values": ["20-29", ...]}, ...], "licence": ...}`, where a label is
            the index of a class or a vector.
        cond: Whether to read the labels.
        mirror: Whether to add every picture flipped left to right.
        limit: Number of files to use, a fixed random choice; None uses all.
        verify: Whether to decode every picture now, and not only its header.
        cache_bytes: Size of the cache of decoded pictures.

    Returns:
        The dataset.

    Raises:
        DatasetError: The path is no folder or zip, there are no pictures, a picture is not
            square, has another size than the others or not a power of two, is no picture or
            damaged, or a label is missing. The message names the first file and counts the others.
        InputError: The limit is below one.
    """
    source = enter_dataset(open_source(path))
    files = source.list_files()
    names, description = list_pictures(source, path)
    wanted = _pick(names, limit)
    resolution, problems = check_sizes(source, wanted)
    raise_first(path.name or path.resolve().name, problems.items())
    labels: torch.Tensor = torch.zeros(len(wanted), 0)
    groups: tuple[LabelGroup, ...] = ()
    if cond:
        labels, groups = read_labels(description, wanted)
    listing = json.dumps([[n, files[n]] for n in (*wanted, DESCRIPTION) if n in files])
    dataset = Dataset(
        name=path.stem if path.suffix == ".zip" else path.resolve().name,
        resolution=resolution,
        labels=torch.cat([labels, labels]) if mirror else labels,
        label_groups=groups,
        sha256=hashlib.sha256((listing + json.dumps(description)).encode()).hexdigest(),
        details={key: value for key, value in description.items() if key != "labels"},
        mirror=mirror,
        names=tuple(wanted),
        _source=source,
        _cache=PictureCache(count=len(wanted), resolution=resolution, limit=cache_bytes),
    )
    if verify:
        dataset.verify()
    return dataset


def _pick(names: list[str], limit: int | None) -> list[str]:
    """Return a fixed random choice of `limit` names."""
    if limit is None or limit >= len(names):
        return names
    if limit < 1:
        raise InputError(f"a limit of {limit} leaves no pictures")
    chosen = torch.randperm(len(names), generator=seeded(0))[:limit]
    return [names[i] for i in sorted(chosen.tolist())]
