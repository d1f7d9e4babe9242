"""Write records: JSON, JSON lines, tables."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, TypeAlias

from facewright.errors import FileError
from facewright.files import HINT, replacing

RECORDS = (".json", ".jsonl")
"""Extensions of records: one array, or one object per line."""
TABLES = (".csv",)
"""Extensions of tables."""

Write: TypeAlias = Callable[[Any], None]
"""Writes one record, a dataclass that JSON can hold; arrays become numbers with two decimals."""


def to_text(outcome: Any) -> str:
    """Return the outcome of a command as JSON."""
    return json.dumps(outcome, indent=2, ensure_ascii=False, default=to_plain)


def to_plain(value: Any) -> Any:
    """Convert a value to a type that JSON can represent."""
    if hasattr(value, "tolist"):  # an array of coordinates
        return _to_numbers(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return dict(value) if isinstance(value, Mapping) else str(value)


@contextlib.contextmanager
def write_records(
    paths: Sequence[Path],
    columns: Sequence[str] = (),
    rows: Callable[[Any], Iterable[Sequence[object]]] = lambda _: (),
) -> Iterator[Write]:
    """Yield a function that writes records to files, which are written atomically.

    Args:
        paths: Any of .json, .jsonl and .csv; none writes nothing.
        columns: Of tables.
        rows: From a record to its rows in a table.

    Yields:
        What to call with each record.

    Raises:
        FileError: A file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(
                _write_table(path, columns, rows)
                if path.suffix.lower() in TABLES
                else _write_json(path)
            )
            for path in paths
        ]

        def write(record: Any) -> None:
            for one in writers:
                one(record)

        yield write


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[Any]:
    """Open a file that appears whole or not at all."""
    try:
        with (
            replacing(path) as unfinished,
            unfinished.open("w", encoding="utf-8", newline="") as file,
        ):
            yield file
    except OSError as error:
        raise FileError(
            f"{path} cannot be written: {error.strerror or error}", hint=HINT
        ) from error


@contextlib.contextmanager
def _write_json(path: Path) -> Iterator[Write]:
    """Give a function that writes records as JSON."""
    array = path.suffix.lower() == ".json"
    between = "[\n" if array else ""
    with _writing(path) as file:

        def write(record: Any) -> None:
            nonlocal between
            file.write(between)
            file.write(json.dumps(asdict(record), ensure_ascii=False, default=_to_numbers))
            between = ",\n" if array else "\n"

        yield write
        empty = "[" if array and between == "[\n" else ""
        file.write(empty + ("\n]\n" if array else "\n" if between else ""))


@contextlib.contextmanager
def _write_table(
    path: Path, columns: Sequence[str], rows: Callable[[Any], Iterable[Sequence[object]]]
) -> Iterator[Write]:
    """Give a function that writes records as rows of a table."""
    with _writing(path) as file:
        table = csv.writer(file)
        table.writerow(columns)
        yield lambda record: table.writerows(rows(record))


def _to_numbers(array: Any) -> Any:
    """Return an array as lists of numbers with two decimals."""
    return array.astype(float).round(2).tolist()
