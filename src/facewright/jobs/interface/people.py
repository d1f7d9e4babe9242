"""Parse choices of generated people, and mixes of two, from addresses and requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from facewright.errors import OptionError
from facewright.types import TRUNCATION_PSI

LABELS = ("age", "gender", "ethnicity", "smile")
"""Labels by which a person can be chosen, if the generator has them."""

_PART = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?(?::([01](?:\.\d{1,4})?))?")


@dataclass(frozen=True, slots=True)
class FaceChoice:
    """A generated person, by seed and labels."""

    seed: int
    size: int | None = None
    """Width and height in pixels; None means the resolution of the generator."""
    psi: float = TRUNCATION_PSI
    age: str | None = None
    gender: str | None = None
    ethnicity: str | None = None
    smile: str | None = None
    weights: str | None = None
    """The generator; None means the one that ships."""


@dataclass(frozen=True, slots=True)
class MixPart:
    """A range of layers, and the weight of another person's styles in it."""

    first: int
    last: int
    amount: float = 1.0

    def __str__(self) -> str:
        """Return the part in the form that `read_parts` reads."""
        return f"{self.first}-{self.last}:{self.amount:g}"


def read_parts(text: str, layers: int) -> list[MixPart]:
    """Parse ranges of layers with weights, such as "0-3:0.2,4-7:1".

    Args:
        text: First and last layer of each part, and its weight, 0 to 1; 1 if left out.
        layers: Number of layers of the generator.

    Raises:
        OptionError: The text has another form.

    >>> read_parts("0-3:0.2,7", 12)
    [MixPart(first=0, last=3, amount=0.2), MixPart(first=7, last=7, amount=1.0)]
    """
    found = []
    for word in text.split(",") if text else []:
        match = _PART.fullmatch(word.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        amount = float(match[3] or 1) if match else 0.0
        if not (0 <= first <= last < layers and 0 <= amount <= 1):
            hint = f"such as 0-3:0.2,4-7:1; layers are 0 to {layers - 1}, amounts 0 to 1"
            raise OptionError(f"`{word[:40]}` names no layers", "mix", hint=hint)
        found.append(MixPart(first, last, amount))
    return found


def read_choice(given: Mapping[str, Any], field: str) -> FaceChoice:
    """Parse the choice of a person.

    Raises:
        OptionError: The seed or another value is invalid.
    """
    known = {one.name for one in fields(FaceChoice)}
    wrong = next((name for name in given if name not in known), None)
    seed = given.get("seed")
    number = isinstance(seed, int) and not isinstance(seed, bool)
    if wrong or not number or not 0 <= int(str(seed)) < 2**63:
        hint = 'such as "seed:7", or {"seed": 7, "psi": 0.7, "age": "30-39"}'
        raise OptionError(f"`{wrong or seed}` names no person", field, hint=hint)
    choice = FaceChoice(**given)
    for name in (*LABELS, "weights"):
        if not isinstance(getattr(choice, name), str | None):
            raise OptionError(f"`{name}` is text", field)
    numbers = (choice.psi, choice.size or 1)
    if not all(isinstance(one, int | float) for one in numbers):
        raise OptionError("`psi` and `size` are numbers", field)
    return replace(choice, psi=float(choice.psi))
