"""Read tables of labels, as spreadsheets and scripts write them."""

from __future__ import annotations

import codecs
import csv
import io
import posixpath
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import PurePosixPath
from typing import NamedTuple

from facewright.collect.sources.items import Labels
from facewright.collect.sources.tables.values import GROUPS, read_value
from facewright.errors import FileError
from facewright.files import decode_letters

FILE_COLUMNS = ("file", "image", "image_id", "filename", "file_name", "path", "img")
"""Names of the column that holds paths of pictures."""

_SEPARATORS = ",;\t|"
_HINT_OF_SPREADSHEETS = "sep="  # the first line may name the separator so
_MOST_PARTS = 32  # folders of a path that tables are searched for
_MOST_NAMED = 5  # rows that a message lists
_ROOT = re.compile(r"\A(?:(?:file:/{2,3})?(?:[a-z]:)?/|[a-z]:)", re.IGNORECASE)
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


class Row(NamedTuple):
    """A line of a table."""

    line: int
    """Line number in the file, from 1."""
    cells: dict[str, str]
    """Column in lower case → text without space around it."""


@dataclass(slots=True)
class LabelTable:
    """The labels of pictures, as one file holds them."""

    name: str
    """Name of the file in messages."""
    rows: dict[str, Labels]
    """Path of a picture, with forward slashes → its labels."""
    wrong: list[str] = field(default_factory=list)
    """Invalid values, each with its line number."""
    asked: int = 0
    """Number of pictures looked up in it."""
    fitted: int = 0
    """Number of those that it had labels for."""
    _alike: list[dict[str, str]] = field(default_factory=list)
    """Path as it is compared → path in `rows`, where only one is alike."""

    def find(self, ends: Sequence[str]) -> Labels | None:
        """Return the labels of a picture.

        What is written exactly alike comes first, then what differs in capitals or in the form of
        its letters, then what has another ending; of paths, the longest part counts.

        Args:
            ends: Its path, and all ends of that, the longest first.
        """
        self.asked += 1
        self._alike = self._alike or [_index(self.rows, change) for change in (_fold, _cut_ending)]
        exact = ((self.rows, end) for end in ends)
        found = next((end for rows, end in exact if end in rows), None)
        for known, change in zip(self._alike, (_fold, _cut_ending), strict=True):
            found = found or next((known[c] for end in ends if (c := change(end)) in known), None)
        if found is None:
            return None
        self.fitted += 1
        return self.rows[found]

    def complain(self) -> str:
        """Describe the invalid values of the table; empty if there are none."""
        if self.wrong:
            named = "; ".join(self.wrong[:_MOST_NAMED])
            more = len(self.wrong) - _MOST_NAMED
            return f"has values that are no labels: {named}" + f"; {more} more" * (more > 0)
        return ""

    def complain_of_fit(self) -> str:
        """Describe that no picture was found in the table; empty if some were."""
        if self.fitted or not (self.asked and self.rows):
            return ""
        first = next(iter(self.rows))
        return f"has labels of {len(self.rows)} pictures, such as {first}, and none of them is here"


def decode_text(data: bytes) -> str:
    """Decode a text of unknown encoding.

    Args:
        data: All of it, or its beginning.

    Returns:
        The text, decoded by its byte order mark; without one, as UTF-16 where most of every other
        byte are 0, as UTF-8, or else as what Windows writes in Korea or in the west of Europe.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    head = data[:4096]
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if max(zeros) > len(head) // 5 and max(zeros) > 4 * min(zeros):  # such as of 가, U+AC00
        big = zeros[0] > zeros[1]
        return data.decode("utf-16-be" if big else "utf-16-le", "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)  # the last letter may be cut
    except UnicodeDecodeError:
        return decode_letters(data, "cp1252")


def read_columns(line: str) -> list[str]:
    """Return the names of columns in lower case."""
    return _clean(_cut(line, _find_separator(line)))


def find_column(columns: Iterable[str], names: Sequence[str]) -> str | None:
    """Return the first name that is a column."""
    there = set(columns)
    return next((name for name in names if name in there), None)


def skip_separator(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines of a table from that on which names the columns."""
    named = bool(lines) and lines[0].strip().strip('"').lower().startswith(_HINT_OF_SPREADSHEETS)
    return lines[1:] if named else lines


def read_rows(text: str, name: str) -> list[Row]:
    """Read a table whose first line names the columns: comma, semicolon, tab or bar between cells.

    Raises:
        FileError: It is damaged.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    named = not skip_separator([first])
    header = rest.partition("\n")[0] if named else first
    separator = _find_separator(header)
    try:
        reader = csv.reader(io.StringIO(rest if named else text, newline=""), delimiter=separator)
        columns = _clean(next(reader, []))
        return [
            Row(reader.line_num + named, dict(zip(columns, map(str.strip, cells), strict=False)))
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise FileError(f"{name} is a damaged table: {error}") from error


def read_labels(rows: Sequence[Row], name: str) -> LabelTable:
    """Read which labels the pictures of a table have.

    Args:
        rows: From `read_rows`.
        name: Name of the table in messages.
    """
    column = find_column(rows[0].cells if rows else (), FILE_COLUMNS) or ""
    table = LabelTable(name, {})
    paths = [row.cells.get(column, "") for row in rows]
    for row, path in zip(rows, _simplify(paths), strict=True):
        if path:
            table.rows[path], wrong = row_labels(row.cells)
            table.wrong += [f"line {row.line}: {one}" for one in wrong]
    return table


def row_labels(cells: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the valid labels among the cells of a row, and messages about invalid ones.

    >>> row_labels({"file": "train/1.jpg", "age": "more than 70", "race": "Latino_Hispanic"})
    ({'age': '70+', 'ethnicity': 'Latino'}, [])
    >>> row_labels({"file": "train/2.jpg", "age": "09-Mar", "gender": "f"})
    ({'gender': 'Female'}, ['`09-Mar` is no age'])
    """
    labels: dict[str, str] = {}
    wrong = []
    for column, text in cells.items():
        if (group := GROUPS.get(column)) and text:
            found = read_value(group, text)
            labels |= found or {}
            wrong += [f"`{text[:40]}` is no {group}"] if found is None else []
    return labels, wrong


def find_labels(
    tables: Sequence[LabelTable], name: str, *, beside: Sequence[LabelTable] = (), root: str = ""
) -> Labels:
    """Find the labels of a picture in tables; of several that have it, the last one counts.

    Args:
        tables: The tables of its source.
        name: Its path, of which a table may have only the end.
        beside: Further tables, used if those do not have the picture.
        root: The folder that the path begins in: tables may name it, too.
    """
    parts = PurePosixPath(f"{root}/{unicodedata.normalize('NFC', name)}").parts[-_MOST_PARTS:]
    ends = ["/".join(parts[start:]) for start in range(len(parts))]
    for some in (tables, beside):
        found = [labels for table in some if (labels := table.find(ends)) is not None]
        if found:
            return {group: value for labels in found for group, value in labels.items()}
    return {}


def _find_separator(header: str) -> str:
    """Return what separates most columns of a header."""
    return max(_SEPARATORS, key=lambda one: len(_cut(header, one)))


def _cut(line: str, separator: str) -> list[str]:
    """Return the cells of a line; none of one that is damaged."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _clean(cells: Iterable[str]) -> list[str]:
    """Return the names of columns as they are compared."""
    return [cell.strip().lower() for cell in cells]


def _simplify(paths: Sequence[str]) -> Iterator[str]:
    """Yield paths as they are compared with those of pictures.

    Whatever machine they were written on: with slashes, and without drive, `./` and `../`. Where
    all of them begin at a root, they are taken from the folder on that they have in common.
    """
    plain = [unicodedata.normalize("NFC", path.strip("\"' ").replace("\\", "/")) for path in paths]
    filled = [path for path in plain if path]
    rooted = bool(filled) and all(_ROOT.match(path) for path in filled)
    parts = [_split(path) for path in plain]
    folders = zip(*(one[:-1] for one in parts if one), strict=False) if rooted else ()
    common = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, folders))
    return ("/".join(one[common:]) for one in parts)


def _split(path: str) -> list[str]:
    """Return the folders of a path and its name, without a drive and without steps that go up."""
    steps = posixpath.normpath(_ROOT.sub("", path)).split("/")
    return [step for step in steps if step not in ("", ".", "..")]


def _fold(path: str) -> str:
    """Return a path as systems see it that know no capitals."""
    return path.casefold()


def _cut_ending(path: str) -> str:
    """Return such a path without its ending."""
    stem, dot, ending = path.casefold().rpartition(".")
    return stem if dot and "/" not in ending else path.casefold()


def _index(rows: Mapping[str, object], change: Callable[[str], str]) -> dict[str, str]:
    """Return path as it is compared → path, leaving out what several are alike to."""
    count = Counter(change(path) for path in rows)
    return {changed: path for path in rows if count[changed := change(path)] == 1}
