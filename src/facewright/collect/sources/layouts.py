"""Read the labels of well-known data sets: from names, tables, and CSVs of pixels.

| set | where | groups |
|---|---|---|
| UTKFace | `age_gender_race_date.jpg` | age, years, gender, ethnicity |
| FairFace | CSV with the columns file, age, gender, race | age, gender, ethnicity |
| CelebA | `list_attr_celeba.txt`, or `.csv` | gender, and each attribute as yes or no |
| FER2013 | CSV with the columns emotion, pixels | expression |
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

import numpy as np

from facewright.collect.sources.items import Found, Item, Labels, Refusal
from facewright.collect.sources.tables.reader import (
    FILE_COLUMNS,
    LabelTable,
    decode_text,
    find_column,
    find_labels,
    read_columns,
    read_labels,
    read_rows,
    skip_separator,
)
from facewright.collect.sources.tables.values import GROUPS, name_age
from facewright.errors import FileError
from facewright.media.formats import PICTURE_ENDINGS
from facewright.provenance.publish import render_entry
from facewright.types import Manifest

TextKind: TypeAlias = Literal["labels", "attributes", "pixels", "addresses", "unnamed", "other"]
"""Content of a text file; "unnamed" is a table of pictures without names of columns."""

TEXTS = (".csv", ".tsv", ".txt")
"""Extensions of files that may hold a table."""

_UTKFACE = re.compile(r"(\d{1,3})_([01])_([0-4])_\d{17}\D.*", re.ASCII)
_UTK_GENDERS = ("Male", "Female")
_UTK_ETHNICITIES = ("White", "Black", "Asian", "Indian", "Other")
_EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_FER_SIDE = 48  # pixels
_MOST_HEAD = 1 << 12  # bytes that name the columns
_MOST_LETTERS = 1 << 17  # of a line of pixels

_ADDRESS_COLUMNS = ("url", "address", "link", "image_url")


def labels_from_name(name: str) -> dict[str, str]:
    """Read the labels that UTKFace keeps in the names of its files.

    Args:
        name: A path.

    Returns:
        Group → value; empty for a name of another form.

    >>> labels_from_name("part1/34_1_2_20170116002102389.jpg.chip.jpg")
    {'age': '30-39', 'years': '34', 'gender': 'Female', 'ethnicity': 'Asian'}
    >>> labels_from_name("holiday.jpg")
    {}
    """
    match = _UTKFACE.fullmatch(PurePosixPath(name).name)
    if not match or int(match[1]) > 150:
        return {}
    return {
        "age": name_age(int(match[1])),
        "years": str(int(match[1])),
        "gender": _UTK_GENDERS[int(match[2])],
        "ethnicity": _UTK_ETHNICITIES[int(match[3])],
    }


def find_kind(lines: Sequence[str], suffix: str) -> TextKind:
    """Identify the content of a text file by its first lines and its extension.

    Args:
        lines: Its first three lines.
        suffix: Its extension, one of `TEXTS`.
    """
    lines = skip_separator(lines)
    first, second = ([*lines, "", ""])[:2]
    if first.strip().isdecimal() and "Male" in second.split():
        return "attributes"
    if suffix == ".txt" and any(is_address(line) for line in lines):
        return "addresses"
    columns = read_columns(first)
    named = find_column(columns, FILE_COLUMNS) is not None
    kinds: dict[TextKind, bool] = {
        "pixels": {"emotion", "pixels"} <= set(columns),
        "addresses": find_column(columns, _ADDRESS_COLUMNS) is not None and suffix != ".txt",
        "labels": named and any(column in GROUPS for column in columns),
        "attributes": columns[:1] == ["image_id"] and "male" in columns,
        "unnamed": suffix != ".txt" and not named and any(map(_names_picture, lines[:2])),
    }
    return next((kind for kind, holds in kinds.items() if holds), "other")


def is_address(line: str) -> bool:
    """Return whether a line is a web address."""
    return line.strip().lower().startswith(("http://", "https://"))


def address_column(columns: Iterable[str]) -> str | None:
    """Return the column that holds addresses."""
    return find_column(columns, _ADDRESS_COLUMNS)


def read_table(text: str, kind: TextKind, name: str) -> LabelTable:
    """Read a table of labels.

    Args:
        text: The whole file.
        kind: "labels" or "attributes" (CelebA).
        name: Name for error messages.

    Returns:
        The labels of each picture.

    Raises:
        FileError: The table is damaged, or its columns have no names.
    """
    if kind == "attributes":
        return LabelTable(name, _read_attributes(text, name))
    if kind == "unnamed":
        raise FileError(
            f"{name} has no line that names its columns: one called `file`, and age, gender, "
            "ethnicity or expression"
        )
    return read_labels(read_rows(text, name), name)


def label_picture(
    tables: Sequence[LabelTable],
    name: str,
    *,
    beside: Sequence[LabelTable] = (),
    root: str = "",
) -> Labels:
    """Find the labels of a picture in its name and in tables; tables take precedence.

    Args:
        tables: As for `find_labels`, as is all else.
        name: A path.
        beside: Where else to look if the tables do not know the picture.
        root: The folder that the path begins in.
    """
    return labels_from_name(name) | dict(find_labels(tables, name, beside=beside, root=root))


def holds_pixels(path: Path) -> bool:
    """Return whether a file is a CSV of pixels as those of FER2013."""
    if path.suffix.lower() != ".csv":
        return False
    with path.open("rb") as file:
        head = decode_text(file.read(_MOST_HEAD))
    return find_kind(head.splitlines()[:1], ".csv") == "pixels"


def read_pixels(path: Path) -> Iterator[Found]:
    """Read the pictures of FER2013: grey pixels as numbers in a CSV.

    Args:
        path: The CSV, with the columns emotion and pixels.

    Yields:
        A picture of 48×48 pixels per row, or a refusal.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            rows = csv.reader(iter(partial(file.readline, _MOST_LETTERS), ""))
            columns = [cell.strip().lower() for cell in next(rows, [])]
            for number, row in enumerate((row for row in rows if row), start=1):
                yield _read_pixel_row(dict(zip(columns, row, strict=False)), path, number)
        except csv.Error as error:
            yield Refusal(str(path), f"is a damaged table: {error}")


def _read_pixel_row(row: Mapping[str, str], path: Path, number: int) -> Found:
    """Turn one row into a picture."""
    source = f"{path}#{number}"
    numbers = row.get("pixels", "").split()
    emotion = row.get("emotion", "").strip()
    fits = len(numbers) == _FER_SIDE**2 and all(n.isascii() and n.isdecimal() for n in numbers)
    if not fits or max(int(n[:4]) for n in numbers) > 255:
        return Refusal(source, f"has no {_FER_SIDE}×{_FER_SIDE} pixels from 0 to 255")
    grey = np.array(numbers, np.uint8).reshape(_FER_SIDE, _FER_SIDE, 1)  # [48 48 1]
    image = np.ascontiguousarray(np.repeat(grey, 3, axis=2))  # [48 48 3]
    known = emotion in {str(place) for place in range(len(_EMOTIONS))}
    labels = {"expression": _EMOTIONS[int(emotion)]} if known else {}
    manifest = Manifest("collect", {"source": path.name, "row": number})
    return Item(source, render_entry(image, ".png", manifest), labels)


def _names_picture(line: str) -> bool:
    """Return whether a cell of a line is a picture."""
    return any(PurePosixPath(cell).suffix in PICTURE_ENDINGS for cell in read_columns(line))


def _read_attributes(text: str, name: str) -> dict[str, Labels]:
    """Read the attributes of CelebA: a count, the names, then a file and ±1 for each name.

    As CSV, it has no count, and its column of files has a name.
    """
    lines = text.replace(",", " ").splitlines()
    start = 1 if lines and lines[0].strip().isdecimal() else 0
    names = lines[start].split()[1 - start :] if len(lines) > start else []
    table: dict[str, Labels] = {}
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        file, *values = line.split() or [""]
        if file and (len(values) != len(names) or not {"1", "-1"}.issuperset(values)):
            raise FileError(f"line {number} of {name} has no 1 or -1 for each of {len(names)}")
        said = {name.lower(): value == "1" for name, value in zip(names, values, strict=False)}
        gender = {"gender": "Male" if said.pop("male", False) else "Female"}
        table[file] = gender | {key: "yes" if holds else "no" for key, holds in said.items()}
    return table
