"""Convert labels such as "age: 30-39" to vectors for conditional networks, and back."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from facewright.errors import DatasetError, InputError
from facewright.types import Json

if TYPE_CHECKING:
    import torch

_Vector: TypeAlias = NDArray[np.float32]

_FEW_CLASSES = 1 << 12  # there may be so many even where pictures are fewer
_MOST_BYTES = 1 << 32  # of all labels together
_LARGEST = 1e30  # of the numbers in a label


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """A label of which every picture has exactly one value."""

    name: str
    """Name of the label, such as "age"."""
    values: tuple[str, ...]
    """Its values, such as ("20-29", "30-39"); each is one dimension of the vector."""


UNKNOWN = "(none)"
"""Value that pictures without a label are counted under."""

EXACT = frozenset({"years"})
"""Groups with a value per year, besides which there is a coarser group."""


def rank_value(value: str) -> tuple[bool, float, str]:
    """Return a sort key of values: ranges of ages by their start, no label at the end.

    >>> sorted(["70+", "(none)", "3-9", "10-19"], key=rank_value)
    ['3-9', '10-19', '70+', '(none)']
    """
    start = value.rstrip("+").partition("-")[0]
    age = float(start) if start.isascii() and start.isdecimal() else math.inf
    return value == UNKNOWN, age, value


def count_labels(labels: Sequence[Mapping[str, str]]) -> dict[str, dict[str, int]]:
    """Count the values of each group.

    Args:
        labels: Group → value of each picture, which may lack some.

    Returns:
        Group → value → number of pictures, in order of the values.

    >>> count_labels([{"age": "3-9"}, {}, {"age": "3-9", "years": "4"}])
    {'age': {'3-9': 2, '(none)': 1}}
    """
    groups = dict.fromkeys(group for one in labels for group in one if group not in EXACT)
    counted = {group: Counter(one.get(group, UNKNOWN) for one in labels) for group in groups}
    return {
        group: {value: counts[value] for value in sorted(counts, key=rank_value)}
        for group, counts in counted.items()
    }


def encode_label(groups: Sequence[LabelGroup], chosen: Mapping[str, str]) -> torch.Tensor:
    """Return the vector of a value per group: one-hot vectors, concatenated.

    Args:
        groups: The labels of the network, in order.
        chosen: Group name → value; case does not matter.

    Returns:
        (c_dim,), float32, zeros and ones, where c_dim is the number of values of all groups.

    Raises:
        InputError: A group or value is unknown, or a group has no value.

    Example:
        >>> groups = (LabelGroup("age", ("20-29", "30-39")), LabelGroup("gender", ("f", "m")))
        >>> encode_label(groups, {"age": "30-39", "gender": "f"}).tolist()
        [0.0, 1.0, 1.0, 0.0]
    """
    names = [group.name for group in groups]
    for name in chosen:
        if name not in names:
            raise InputError(f"no label is called `{name}`", hint=f"one of: {', '.join(names)}")
    label = []
    for group in groups:
        if group.name not in chosen:
            raise InputError(
                f"the label `{group.name}` is missing", hint=f"one of: {', '.join(group.values)}"
            )
        place = find_value(group, chosen[group.name])
        label += [float(i == place) for i in range(len(group.values))]
    import torch

    return torch.tensor(label)


def decode_label(groups: Sequence[LabelGroup], label: torch.Tensor) -> dict[str, str]:
    """Return the values of a vector: the inverse of `encode_label`.

    Args:
        groups: The labels of the network, in order.
        label: (c_dim,); of each group, the value with the largest entry counts.

    Returns:
        Group name → value.

    Raises:
        InputError: The label has another length than all groups together.
    """
    sizes = [len(group.values) for group in groups]
    if tuple(label.shape) != (sum(sizes),):
        raise InputError(f"a label has shape ({sum(sizes)},) here, not {tuple(label.shape)}")
    parts = label.split(sizes)
    return {
        group.name: group.values[int(part.argmax())]
        for group, part in zip(groups, parts, strict=True)
    }


def groups_to_json(groups: Sequence[LabelGroup]) -> Json:
    """Return groups as `dataset.json` and the configuration of a network hold them."""
    return [{"name": group.name, "values": list(group.values)} for group in groups]


def groups_from_json(json: Json) -> tuple[LabelGroup, ...]:
    """Read groups: the inverse of `groups_to_json`.

    Args:
        json: [{"name": "age", "values": ["20-29", ...]}, ...], or None for no groups.

    Returns:
        The groups in order.

    Raises:
        InputError: It has another form, or a name or value occurs twice.
    """
    if json is None:
        return ()
    wrong = InputError(
        "label groups are not as expected",
        hint='they look like [{"name": "age", "values": ["20-29", "30-39"]}]',
    )
    if not isinstance(json, list):
        raise wrong
    groups = []
    for entry in json:
        name = entry.get("name") if isinstance(entry, dict) else None
        values = entry.get("values") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not isinstance(values, list) or not values:
            raise wrong
        groups.append(LabelGroup(name, tuple(str(value) for value in values)))
    _check_unique("label group", [group.name for group in groups])
    for group in groups:
        _check_unique(f"value of `{group.name}`", [value.casefold() for value in group.values])
    return tuple(groups)


def read_labels(
    description: Mapping[str, Any], names: Sequence[str]
) -> tuple[torch.Tensor, tuple[LabelGroup, ...]]:
    """Read the labels of pictures from the content of `dataset.json`.

    Args:
        description: With "labels": [[name, class or vector], ...], and optionally "label_groups"
            or "label_names". Without both, the values are called "0", "1", ...
        names: The pictures whose labels to return.

    Returns:
        Labels (n, c_dim), float32, and their groups, in the order of the dimensions.

    Raises:
        DatasetError: There are no labels, a picture has none, or they differ in form.
    """
    known = _list_labels(description.get("labels"))
    missing = [name for name in names if name not in known]
    if missing:
        more = f"; {len(missing) - 1} more have none" if len(missing) > 1 else ""
        raise DatasetError(
            f"{missing[0]} has no label{more}",
            hint="add it to dataset.json, or leave out --cond and --balance",
        )
    table = _to_vectors(known, names)
    groups = groups_from_json(description.get("label_groups"))
    if not groups:
        width = next(iter(table.values())).size
        groups = (LabelGroup("label", _name_values(description.get("label_names"), width)),)
    width = sum(len(group.values) for group in groups)
    vectors = np.stack([table[name] for name in names])  # [n c_dim]
    if vectors.shape[1] != width:
        raise DatasetError(
            f"labels have {vectors.shape[1]} numbers, but dataset.json names {width} values"
        )
    import torch

    return torch.from_numpy(vectors), groups


def _list_labels(labels: object) -> dict[str, Any]:
    """Return name → label as in the file."""
    if not labels:
        raise DatasetError(
            "the dataset has no labels",
            hint='they are "labels" in dataset.json, which lies beside the pictures or the folders '
            "of them; or leave out --cond and --balance",
        )
    if isinstance(labels, dict):
        labels = list(labels.items())
    try:
        named = ((str(name).replace("\\", "/"), label) for name, label in labels)  # type: ignore[attr-defined]
        return {name.removeprefix("./"): _as_class(label) for name, label in named}
    except (TypeError, ValueError) as error:
        raise DatasetError(
            "the labels of the dataset are not as expected",
            hint='dataset.json looks like {"labels": [["00000/img00000000.png", 3], ...]}',
        ) from error


def _to_vectors(known: Mapping[str, Any], names: Sequence[str]) -> dict[str, _Vector]:
    """Convert labels to vectors, indices of classes to one-hot ones, and check their form.

    Returns:
        The vectors of the first picture that has a label, and of `names`.
    """
    first = next(iter(known.items()))
    wanted = {first[0], *names}
    classes = [label for label in known.values() if _is_class(label)]
    count = 1 + max(classes, default=-1)
    if count > max(_FEW_CLASSES, len(known)):
        raise DatasetError(f"class {count - 1} is higher than {len(known)} pictures can have")
    table: dict[str, _Vector] = {}
    width = count if _is_class(first[1]) else None
    for name, label in known.items():
        row = _to_vector(label, width)
        if row is None or not 0 < row.size == table.get(first[0], row).size:
            text = f"{label}"[:60]
            raise DatasetError(
                f"the label of {name}, {text}, is no label, or unlike {first[0]}'s",
                hint="classes are whole numbers from 0 on; vectors have one length",
            )
        if name == first[0] and row.nbytes * len(names) > _MOST_BYTES:
            raise DatasetError(f"labels of {row.size} numbers are too many for {len(names)} files")
        if name in wanted:
            table[name] = row
    return table


def _to_vector(label: object, count: int | None) -> _Vector | None:
    """Convert a label to a vector, a class to a one-hot one of `count`; None for neither."""
    if count is not None:
        if not _is_class(label):
            return None
        row = np.zeros(count, np.float32)
        row[label] = 1
        return row
    numbers = label if isinstance(label, list | tuple) else [""]
    if not all(isinstance(x, int | float) and abs(x) < _LARGEST for x in numbers):
        return None  # nor is it a number that is invalid
    return np.array(numbers, np.float32)


def _as_class(label: object) -> object:
    """Return a label as the index of a class if it is one in another notation.

    >>> _as_class(1.0), _as_class("2"), _as_class(True), _as_class(0.5), _as_class("cat")
    (1, 2, 1, 0.5, 'cat')
    """
    try:
        number = float(label) if isinstance(label, float | str | bool) else None
    except ValueError:
        return label
    return int(number) if number is not None and number.is_integer() else label


def _is_class(label: object) -> TypeGuard[int]:
    """Return whether a label is the index of a class."""
    return type(label) is int and label >= 0


def _name_values(names: object, count: int) -> tuple[str, ...]:
    """Return the names of classes; their indices if there are no names."""
    if not names:
        return tuple(str(number) for number in range(count))
    if not isinstance(names, list):
        raise DatasetError("label_names of dataset.json is no list of names")
    return tuple(str(name) for name in names)


def find_value(group: LabelGroup, value: str) -> int:
    """Return the index of a value in its group; case does not matter.

    Raises:
        InputError: The group has no such value.
    """
    folded = [known.casefold() for known in group.values]
    if value.casefold() not in folded:
        raise InputError(
            f"`{value}` is no value of `{group.name}`", hint=f"one of: {', '.join(group.values)}"
        )
    return folded.index(value.casefold())


def _check_unique(what: str, names: list[str]) -> None:
    """Raise if a name occurs twice."""
    name, count = Counter(names).most_common(1)[0] if names else ("", 0)
    if count > 1:
        raise InputError(f"the {what} `{name}` occurs twice")
