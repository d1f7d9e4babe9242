"""What options may say, checked before anything is loaded."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from facewright.errors import InputError
from facewright.types import Part


@dataclass(frozen=True, slots=True)
class Rule:
    """The range of a number."""

    least: float
    most: float
    hint: str


RULES: Mapping[str, Rule] = {
    "truncation_psi": Rule(-10, 10, "1 is full variety, 0 is the average face; 0.7 is usual"),
    "reject": Rule(0, 0.9, "the share of people to draw anew; 0.2 is usual, 0 keeps everybody"),
    "cutoff": Rule(0, math.inf, "the number of layers to truncate, from the first"),
    "size": Rule(1, 16_384, "the width and height of each face in pixels"),
    "batch": Rule(1, 4096, "the number of people at a time; leave it out to have it chosen"),
    "columns": Rule(1, math.inf, "the number of people side by side"),
    "quality": Rule(1, 100, "95 is usual; 100 makes WebP lossless"),
    "seconds": Rule(0, 36_000, "the length of the clip"),
    "fps": Rule(1, 1000, "24, 30 and 60 are usual"),
    "count": Rule(2, math.inf, "the number of pictures; to measure, thousands are usual"),
    "smallest": Rule(1, math.inf, "pixels; leave it out for what the detector can see"),
    "threshold": Rule(0.01, 0.99, "0.4 is usual; more finds less, but more surely"),
    "limit": Rule(1, math.inf, "leave it out to look at everything"),
    "largest_mib": Rule(1, math.inf, "256 is usual"),
    "seed": Rule(0, 2**63 - 1, "where the random numbers start"),
    "draw_seed": Rule(0, 2**63 - 1, "where the draws of random layers start"),
    "port": Rule(0, 65_535, "0 picks a free one"),
    "strength": Rule(0, 1, "0 leaves the face as it is, 1 is all of the other"),
    "shape": Rule(0, 1, "0 keeps the proportions of the face that is covered"),
    "refine": Rule(0, 100_000, "100 is usual; 0 takes what the encoder says"),
    "smoothing": Rule(0, 60, "seconds; 0.3 is usual, 0 is none"),
    "steps": Rule(2, 3600, "the number of pictures from one end to the other"),
}
"""Name of an option → its range, for numbers. None is always allowed here."""

_SIDES = {".webp": 16_383, ".jpg": 65_535, ".jpeg": 65_535}  # pixels: the most that a format holds


def find_rule(options: type[Any], name: str) -> Rule | None:
    """Return the range of an option: that in `rules` of its dataclass, or else in `RULES`."""
    own: Mapping[str, Rule] = getattr(options, "rules", {})
    return own.get(name) or RULES.get(name)


def check_options(options: Any) -> None:
    """Raise unless every number among the options is in its range.

    Args:
        options: A dataclass; its fields with a rule are checked.

    Raises:
        InputError: One of them is out of range, or not finite.

    Example:
        >>> check_options(Rule(0, 1, "it has no field with a rule"))
    """
    for field in fields(options):
        value, rule = getattr(options, field.name), find_rule(type(options), field.name)
        if rule is None or not isinstance(value, int | float):
            continue
        if not (math.isfinite(value) and rule.least <= value <= rule.most):
            allowed = f"{rule.least} to {rule.most}"
            if rule.most == math.inf:
                allowed = f"{rule.least} or more"
            raise InputError(
                f"--{field.name.replace('_', '-')} is {allowed}, not {value}", hint=rule.hint
            )


def check_sheet(suffix: str, cells: tuple[int, int], size: int) -> None:
    """Raise if a sheet is larger than its format allows, even without gaps and labels.

    Args:
        suffix: Extension of the file, such as ".webp".
        cells: Columns and rows.
        size: Width and height of each picture in pixels.

    Raises:
        InputError: It is too large.
    """
    from facewright.media.decode import MAX_PIXELS

    width, height = (count * size for count in cells)
    most = _SIDES.get(suffix.lower(), MAX_PIXELS)
    if max(width, height) > most:
        hint = f"{suffix} holds sides of up to {most} pixels: fewer people, a smaller --size or PNG"
        raise InputError(f"the sheet would have {width}×{height} pixels", hint=hint)
    if width * height > MAX_PIXELS:
        hint = f"up to {MAX_PIXELS:,} in all can be read again: fewer people, or a smaller --size"
        raise InputError(f"the sheet would have {width}×{height} pixels", hint=hint)


def read_parts(text: str | None) -> tuple[Part, ...]:
    """Read which parts of a face stay.

    Raises:
        InputError: One of them is unknown.
    """
    from facewright.swap.blending.seam import PARTS

    words = [word.strip().lower() for word in (text or "").split(",") if word.strip()]
    unknown = [word for word in words if word not in PARTS]
    if unknown:
        raise InputError(f"--keep knows no `{unknown[0]}`", hint=", ".join(PARTS))
    return tuple(part for part in PARTS if part in words)
