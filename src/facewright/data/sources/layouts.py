"""Read labels where well-known sets keep them: in names, in tables, beside pixels.

| set | where | groups |
|---|---|---|
| UTKFace | `age_gender_race_date.jpg` | age, years, gender, ethnicity |
| FairFace | CSV with the columns file, age, gender, race | age, gender, ethnicity |
| CelebA | `list_attr_celeba.txt`, or `.csv` | gender, and each attribute as yes or no |
| FER2013 | CSV with the columns emotion, pixels | expression |

Values are those of FairFace, so that sets can be mixed: ages in ranges, Female and Male.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

import numpy as np

from facewright.data.sources.items import Found, Item, Labels, Refusal
from facewright.errors import FileError
from facewright.provenance.publish import render_image
from facewright.types import Manifest

Table: TypeAlias = dict[str, dict[str, str]]
"""Path of a picture → its labels."""

TextKind: TypeAlias = Literal["labels", "attributes", "pixels", "addresses", "other"]
"""What a text file holds."""

AGES = {
    "0-2": (0, 2),
    "3-9": (3, 9),
    "10-19": (10, 19),
    "20-29": (20, 29),
    "30-39": (30, 39),
    "40-49": (40, 49),
    "50-59": (50, 59),
    "60-69": (60, 69),
    "70+": (70, 150),
}
"""Range → first and last year."""

_UTKFACE = re.compile(r"(\d{1,3})_([01])_([0-4])_\d{17}\D.*", re.ASCII)
_UTK_GENDERS = ("Male", "Female")
_UTK_ETHNICITIES = ("White", "Black", "Asian", "Indian", "Other")
_EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_FER_SIDE = 48  # pixels
_MOST_PARTS = 32  # folders of a path that tables are searched for
_MOST_HEAD = 1 << 12  # bytes that name the columns
_MOST_LETTERS = 1 << 17  # of a line of pixels

_FILE_COLUMNS = ("file", "image", "image_id", "filename", "path")
_ADDRESS_COLUMNS = ("url", "address", "link", "image_url")
_GROUPS = {
    "age": "age",
    "gender": "gender",
    "sex": "gender",
    "race": "ethnicity",
    "ethnicity": "ethnicity",
    "emotion": "expression",
    "expression": "expression",
}  # column → group
_RENAMED = {"more than 70": "70+", "Latino_Hispanic": "Latino", "female": "Female", "male": "Male"}


def labels_from_name(name: str) -> dict[str, str]:
    """Read the labels that UTKFace keeps in the names of its files.

    Args:
        name: A path.

    Returns:
        Group → value; empty for any other name.

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


def name_age(years: int) -> str:
    """Return the range that an age is in.

    >>> name_age(34), name_age(99)
    ('30-39', '70+')
    """
    return next(name for name, (first, last) in AGES.items() if first <= years <= last)


def find_kind(lines: Sequence[str], suffix: str) -> TextKind:
    """Say what a text file holds, by its first two lines and its name's ending.

    Args:
        lines: The first two.
        suffix: ".csv" or ".txt".
    """
    first, second = ([*lines, "", ""])[:2]
    if suffix == ".csv":
        columns = read_columns(first)
        kinds: dict[TextKind, bool] = {
            "pixels": {"emotion", "pixels"} <= set(columns),
            "addresses": find_column(columns, _ADDRESS_COLUMNS) is not None,
            "labels": find_column(columns, _FILE_COLUMNS) is not None and bool(_known(columns)),
            "attributes": columns[:1] == ["image_id"] and "male" in columns,
        }
        return next((kind for kind, holds in kinds.items() if holds), "other")
    if first.strip().isdecimal() and "Male" in second.split():
        return "attributes"
    return "addresses" if any(is_address(line) for line in lines) else "other"


def is_address(line: str) -> bool:
    """Tell whether a line holds an address of the web."""
    return line.strip().lower().startswith(("http://", "https://"))


def read_columns(line: str) -> list[str]:
    """Return the names of columns in lower case."""
    return [cell.strip().lower() for cell in next(csv.reader([line]), [])]


def find_column(columns: Iterable[str], names: Sequence[str]) -> str | None:
    """Return the first name that is a column."""
    there = set(columns)
    return next((name for name in names if name in there), None)


def address_column(columns: Iterable[str]) -> str | None:
    """Return the column that holds addresses."""
    return find_column(columns, _ADDRESS_COLUMNS)


def row_labels(row: Mapping[str, str]) -> dict[str, str]:
    """Return the labels among the columns of a row, in the words of this package.

    >>> row_labels({"file": "train/1.jpg", "age": "more than 70", "race": "Latino_Hispanic"})
    {'age': '70+', 'ethnicity': 'Latino'}
    """
    labels = {_GROUPS[column]: row[column] for column in _known(row) if row[column]}
    if labels.get("age", "").isdecimal() and int(labels["age"][:4]) <= 150:
        labels = {**labels, "years": labels["age"], "age": name_age(int(labels["age"][:4]))}
    return {group: _RENAMED.get(value, value) for group, value in labels.items()}


def read_table(text: str, kind: TextKind, name: str) -> Table:
    """Read which labels the pictures of a set have.

    Args:
        text: The whole file.
        kind: "labels" (CSV) or "attributes" (CelebA).
        name: What errors call it.

    Returns:
        Path of each picture, as the table has it → its labels.

    Raises:
        FileError: The table is damaged.
    """
    if kind == "attributes":
        return _read_attributes(text, name)
    rows = read_rows(text, name)
    columns = rows[0].keys() if rows else []
    column = find_column(columns, _FILE_COLUMNS) or ""
    return {row[column].replace("\\", "/"): row_labels(row) for row in rows if row.get(column)}


def read_rows(text: str, name: str) -> list[dict[str, str]]:
    """Read a CSV file whose first line names the columns.

    Returns:
        A row per line: column in lower case → text without space around it.

    Raises:
        FileError: It is damaged.
    """
    try:
        lines = list(csv.reader(text.splitlines()))
    except csv.Error as error:
        raise FileError(f"{name} is a damaged table: {error}") from error
    columns = [cell.strip().lower() for cell in lines[0]] if lines else []
    return [
        dict(zip(columns, (cell.strip() for cell in line), strict=False))
        for line in lines[1:]
        if line
    ]


def find_labels(table: Table, name: str, *, beside: Table | None = None) -> Labels:
    """Find the labels of a picture: in its name, or in a table, which wins.

    Args:
        table: From `read_table`.
        name: A path, of which the table may know only the end.
        beside: Where else to look if the table does not know the picture.
    """
    parts = PurePosixPath(name).parts[-_MOST_PARTS:]
    ends = ["/".join(parts[start:]) for start in range(len(parts))]
    places = ((one, end) for one in (table, beside or {}) for end in ends)
    known = next((one[end] for one, end in places if end in one), {})
    return labels_from_name(name) | known


def holds_pixels(path: Path) -> bool:
    """Tell whether a file is a CSV of pixels as those of FER2013."""
    if path.suffix.lower() != ".csv":
        return False
    with path.open("rb") as file:
        head = file.read(_MOST_HEAD).decode("utf-8-sig", "replace")
    return find_kind(head.splitlines()[:1], ".csv") == "pixels"


def read_pixels(path: Path) -> Iterator[Found]:
    """Read the pictures of FER2013: grey pixels as numbers in a CSV.

    Args:
        path: The CSV, with the columns emotion and pixels.

    Yields:
        A picture of 48×48 per row, or why a row makes none.
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
    return Item(source, render_image(image, ".png", manifest), labels)


def _read_attributes(text: str, name: str) -> Table:
    """Read the attributes of CelebA: a count, the names, then a file and ±1 for each name.

    As CSV, it has no count, and its column of files has a name.
    """
    lines = text.replace(",", " ").splitlines()
    start = 1 if lines and lines[0].strip().isdecimal() else 0
    names, table = lines[start].split()[1 - start :] if len(lines) > start else [], {}
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        file, *values = line.split() or [""]
        if file and (len(values) != len(names) or not {"1", "-1"}.issuperset(values)):
            raise FileError(f"line {number} of {name} has no 1 or -1 for each of {len(names)}")
        said = {name.lower(): value == "1" for name, value in zip(names, values, strict=False)}
        gender = {"gender": "Male" if said.pop("male", False) else "Female"}
        table[file] = gender | {key: "yes" if holds else "no" for key, holds in said.items()}
    return table


def _known(columns: Iterable[str]) -> list[str]:
    """Return the columns that hold labels."""
    return [column for column in columns if column in _GROUPS]
