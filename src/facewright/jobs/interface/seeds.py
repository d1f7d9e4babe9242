"""Draw people who do not exist by their seeds: for galleries, and as inputs of other commands."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from facewright.device import pick_device
from facewright.errors import OptionError
from facewright.pipelines.draw.generate import GeneratePipeline, Sampling
from facewright.pipelines.result import LatentsResult
from facewright.provenance.publish import render_image
from facewright.types import TRUNCATION_PSI, Json

LABELS = ("age", "gender", "ethnicity", "smile")
"""Labels by which a person can be chosen, where the generator knows them."""

_QUALITY = 90


@dataclass(frozen=True, slots=True)
class FaceChoice:
    """Which person to draw."""

    seed: int
    size: int | None = None
    """Width and height in pixels; None is as drawn."""
    psi: float = TRUNCATION_PSI
    age: str | None = None
    gender: str | None = None
    ethnicity: str | None = None
    smile: str | None = None
    weights: str | None = None
    """The generator; None is what ships."""


class FaceGallery:
    """Draws people one by one, with the generator kept loaded. Any thread may call it."""

    def __init__(self, weights: str | None = None) -> None:
        """Choose a generator; nothing is loaded yet."""
        self._weights, self._lock = weights, threading.Lock()

    @cached_property
    def pipeline(self) -> GeneratePipeline:
        """The generator."""
        return GeneratePipeline(self._weights)

    def draw(self, choice: FaceChoice) -> LatentsResult:
        """Draw one person.

        Raises:
            InputError: A label or size is unknown or out of range.
        """
        named = {name: getattr(choice, name) for name in LABELS}
        labels = {name: value for name, value in named.items() if value}
        sampling = Sampling(truncation_psi=choice.psi, labels=labels)
        with self._lock:
            return self.pipeline(choice.seed, size=choice.size, sampling=sampling)[0]

    def render(self, choice: FaceChoice) -> bytes:
        """Draw one person as a signed WebP."""
        result = self.draw(choice)
        return render_image(result.image, ".webp", result.manifest, quality=_QUALITY)

    def list_options(self) -> dict[str, Json]:
        """Return label → the values that people can be chosen by, and what is drawn."""
        with self._lock:
            known = self.pipeline.labels.groups
            groups: dict[str, list[Json]] = {one.name: [*one.values] for one in known}
            plural = {"age": "ages", "gender": "genders", "ethnicity": "ethnicities"}
            found: dict[str, Json] = {
                many: groups.get(one, []) for one, many in (*plural.items(), ("smile", "smiles"))
            }
            return {**found, "weights": self.pipeline.name, "size": self.pipeline.resolution}


def list_devices() -> list[str]:
    """Return where this machine computes, the best first."""
    best = str(pick_device("auto"))
    return [best] if best == "cpu" else [best, "cpu"]


def draw_seed(path: Path, choice: Mapping[str, Any]) -> None:
    """Draw a person as an input of another command: a signed picture, which needs no consent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    chosen = FaceChoice(**choice)
    FaceGallery(chosen.weights).draw(chosen).save(path, overwrite=True)


def read_choice(given: Mapping[str, Any], field: str) -> FaceChoice:
    """Return whom a client names.

    Raises:
        OptionError: The seed or something else of it is invalid.
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
