"""Write crops as a dataset, with their labels and origins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from facewright.collect.origins import ORIGINS, Origin, write_origins
from facewright.collect.preparing.originals import Original
from facewright.collect.preparing.resume import KeptPiece, KeptResult, Span
from facewright.datasets.archive import name_item, write_dataset
from facewright.datasets.labels import EXACT, LabelGroup, encode_label, rank_value
from facewright.types import Json

_UNKNOWN = "unknown"  # the value of a group for pictures that have none


@dataclass(frozen=True, slots=True)
class Cropped:
    """A face that is cut out."""

    original: Original
    sha256: str
    """sha256 of the picture that it was cut out of."""
    number: int
    """Index among the chosen faces of that picture."""
    piece: KeptPiece

    @property
    def labels(self) -> Mapping[str, str]:
        """Those measured, and those of its picture unless it shows several of the chosen faces."""
        smile = self.piece.facts.get("smile_label")
        measured = {"smile": str(smile)} if smile else {}
        own = self.original.labels if self.piece.facts.get("chosen") == 1 else {}
        return {**measured, **own}


def list_cropped(done: Iterable[tuple[Original, KeptResult]]) -> list[Cropped]:
    """List the faces that are cut out, in order.

    Args:
        done: Pictures, and their results.
    """
    return [
        Cropped(original, result.sha256, number, piece)
        for original, result in done
        for number, piece in enumerate(result.pieces)
        if not piece.reason
    ]


def write_crops(
    path: Path,
    crops: Sequence[Cropped],
    read: Callable[[Span], bytes],
    *,
    extension: str,
    about: Mapping[str, Json],
) -> None:
    """Write a dataset.

    Args:
        path: The zip to write; ends in ".zip".
        crops: At least one.
        read: Returns the bytes of a span of the cache.
        extension: Extension of the pictures, such as ".png".
        about: Further entries of `dataset.json`.

    Raises:
        DatasetError: The path does not end in ".zip".
        OSError: The file cannot be written.
    """
    groups = find_groups([crop.labels for crop in crops])
    items = ((read(crop.piece.span), _to_vector(crop, groups)) for crop in crops)
    origins = [
        Origin(
            file=name_item(number, extension),
            source=crop.original.source,
            sha256=crop.sha256,
            date=crop.original.date,
            licence=crop.original.licence,
            consent=crop.original.consent,
            labels=crop.labels,
            face=crop.piece.facts,
        )
        for number, crop in enumerate(crops)
    ]
    terms: dict[str, Json] = {
        "licence": _join(crop.original.licence for crop in crops),
        "consent": _join(crop.original.consent for crop in crops),
    }
    write_dataset(
        path,
        items,
        label_groups=groups,
        extra={**terms, **about},
        beside={ORIGINS: write_origins(origins)},
    )


def find_groups(labels: Sequence[Mapping[str, str]]) -> tuple[LabelGroup, ...]:
    """Find the groups of labels, and the values of each.

    Args:
        labels: Group → value of each picture, which may lack some.

    Returns:
        Every group with more than one value, with all values in order; "unknown" comes last
        where some pictures have none. Years are left out: ages are ranges.

    >>> find_groups([{"age": "70+", "years": "81"}, {"age": "3-9", "years": "4"}, {}])
    (LabelGroup(name='age', values=('3-9', '70+', 'unknown')),)
    """
    names = dict.fromkeys(name for one in labels for name in one if name not in EXACT)
    groups = []
    for name in names:
        found = {one.get(name, "") for one in labels}
        values = {value.casefold(): value for value in sorted(found, key=rank_value) if value}
        missing = (_UNKNOWN,) if "" in found and _UNKNOWN not in values else ()
        groups.append(LabelGroup(name, (*values.values(), *missing)))
    return tuple(group for group in groups if len(group.values) > 1)


def _to_vector(crop: Cropped, groups: Sequence[LabelGroup]) -> list[float] | None:
    """Return the label of a crop as numbers; None where no picture has labels."""
    if not groups:
        return None
    chosen = {group.name: crop.labels.get(group.name, "") or _UNKNOWN for group in groups}
    return [float(value) for value in encode_label(groups, chosen)]


def _join(texts: Iterable[str]) -> str:
    """Return every text once, in order of the alphabet."""
    return "; ".join(sorted({text for text in texts if text}))
