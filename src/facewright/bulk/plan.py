"""Divide sources into shards: the same ones each time, so that a run can go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from facewright.collect.sources.files.folders import list_files
from facewright.collect.sources.items import Refusal
from facewright.collect.sources.walk import Photo, check_paths, walk_sources
from facewright.errors import FileError, InputError
from facewright.files import fit_name, is_archive

_PARQUET = ".parquet"
_NAMED_BY = ("path", "key", "name", "id")  # columns that say what a picture is called


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of the sources that one worker takes at a time."""

    name: str
    kind: Literal["files", "archive", "parquet"]
    paths: tuple[str, ...]
    """Files, or one archive or Parquet file."""
    group: int = 0
    """Index of the row group of a Parquet file."""
    column: str = ""

    @property
    def label(self) -> str:
        """Name of its source in messages."""
        return f"{self.paths[0]}!{self.group}" if self.kind == "parquet" else self.paths[0]


def plan_shards(
    sources: Sequence[str], *, size: int, column: str = "image", avoid: Path | None = None
) -> list[Shard]:
    """Divide sources into shards.

    Args:
        sources: Pictures, clips, folders of those, zip and tar archives, Parquet files.
        size: Number of files per shard, of files in folders; 1 or more.
        column: Name of the column of Parquet files that holds pictures.
        avoid: A folder to leave out, or None.

    Raises:
        InputError: There is nothing in the sources, or `size` is not positive.
        FileError: A source does not exist, or a Parquet file cannot be read.
    """
    if size < 1:
        raise InputError(f"`shard` is 1 or more, not {size}")
    check_paths(sources)
    files: list[str] = []
    parts: list[Shard] = []
    for path in _list_paths(sources, avoid):
        if path.suffix.lower() == _PARQUET:
            groups = range(_open_parquet(path).num_row_groups)
            parts += (Shard("", "parquet", (str(path),), group, column) for group in groups)
        elif is_archive(path):
            parts.append(Shard("", "archive", (str(path),)))
        else:
            files.append(str(path))
    bounds = list(range(0, len(files), size))
    if len(bounds) > 1 and len(files) - bounds[-1] == 1:
        bounds.pop()  # a single file would be an error where it is refused among others
    ends = [*bounds[1:], len(files)]
    parts += (Shard("", "files", tuple(files[a:b])) for a, b in zip(bounds, ends, strict=True))
    if not parts:
        raise InputError(f"there is nothing in {sources[0]}", hint="name a folder with pictures")
    return [
        Shard(f"{number:06d}", one.kind, one.paths, one.group, one.column)
        for number, one in enumerate(parts)
    ]


def hash_plan(shards: Sequence[Shard]) -> str:
    """Return a fingerprint of a plan."""
    told = hashlib.sha256()
    for shard in shards:
        told.update(json.dumps(asdict(shard)).encode("utf-8", "surrogateescape"))
    return told.hexdigest()


def unpack(shard: Shard, folder: Path, *, max_bytes: int) -> Iterator[Path | Refusal]:
    """Yield the files of a shard, those of archives and Parquet written to a folder first.

    Args:
        shard: What to unpack.
        folder: Folder to write to.
        max_bytes: Largest size of a picture in bytes; larger ones are refused.
    """
    if shard.kind == "files":
        yield from map(Path, shard.paths)
        return
    if shard.kind == "parquet":
        for name, data in _read_group(shard):
            yield _write(folder / fit_name(name), data)
        return
    for one in walk_sources(shard.paths, max_bytes=max_bytes):
        if isinstance(one, Photo):
            place = Path(*map(fit_name, one.place.parts))
            yield _write(folder / place, one.data)
        elif isinstance(one, Refusal):
            yield one


def _write(path: Path, data: bytes) -> Path:
    """Write a file that nobody keeps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _list_paths(sources: Sequence[str], avoid: Path | None) -> Iterator[Path]:
    """Yield every file of the sources, in order."""
    for source in map(Path, sources):
        if not source.is_dir():
            yield source
            continue
        for found in list_files(source, avoid=[avoid] if avoid else []):
            if isinstance(found, Path):
                yield found


def _open_parquet(path: Path) -> Any:
    """Open a Parquet file, of which only the footer is read."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise InputError(f"{path} needs pyarrow", hint="pip install 'facewright[scale]'") from error
    try:
        return ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def _read_group(shard: Shard) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of a row group with their names."""
    file = _open_parquet(Path(shard.paths[0]))
    names = file.schema_arrow.names
    if shard.column not in names:
        raise InputError(
            f"{shard.paths[0]} has no column `{shard.column}`", hint=f"one of: {', '.join(names)}"
        )
    naming = next((name for name in _NAMED_BY if name in names), None)
    wanted = [shard.column, *([naming] if naming else [])]
    rows = file.read_row_group(shard.group, columns=wanted).to_pylist()
    for number, row in enumerate(rows):
        value, said = row[shard.column], row.get(naming or "")
        if isinstance(value, dict):
            said, value = value.get("path") or said, value.get("bytes")
        if isinstance(value, bytes):
            stem = Path(str(said or "picture"))
            yield f"{number:06d}-{stem.name}", value
