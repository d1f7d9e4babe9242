"""Parse choices of generated people from addresses and requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from facewright.errors import OptionError
from facewright.types import TRUNCATION_PSI

LABELS = ("age", "gender", "ethnicity", "smile")
"""Labels by which a person can be chosen, if the generator has them."""


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

    @property
    def labels(self) -> dict[str, str]:
        """Label → value, for those that are chosen."""
        return {name: value for name in LABELS if (value := getattr(self, name))}

    @property
    def name(self) -> str:
        """The person in the words of the command line, such as "42:age=30-39"."""
        labels = ",".join(f"{label}={value}" for label, value in self.labels.items())
        return f"{self.seed}:{labels}" if labels else str(self.seed)


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
