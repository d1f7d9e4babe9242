"""Draw people who do not exist by their seeds: for galleries, and as inputs of other commands."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from facewright.device import pick_device
from facewright.jobs.interface.people import LABELS, FaceChoice, MixPart
from facewright.latents.edit import mix_styles, parse_layers
from facewright.latents.scenes import draw_each, find_styles
from facewright.media.stills.resize import resize_image
from facewright.pipelines.draw.generate import GeneratePipeline, Sampling
from facewright.pipelines.photos.enhance import EnhancePipeline
from facewright.pipelines.result import Ingredients, Result
from facewright.provenance.publish import render_image
from facewright.types import Json

_QUALITY = 90
_ENLARGED = 4  # times, by the network; then it is fitted


class FaceGallery:
    """Draws people one by one, with the networks kept loaded. Any thread may call it."""

    def __init__(self, weights: str | None = None) -> None:
        """Choose a generator; nothing is loaded yet."""
        self._weights, self._lock = weights, threading.Lock()

    @cached_property
    def pipeline(self) -> GeneratePipeline:
        """The generator."""
        return GeneratePipeline(self._weights)

    @cached_property
    def enhancer(self) -> EnhancePipeline:
        """What enlarges people."""
        return EnhancePipeline()

    def draw(self, choice: FaceChoice) -> Result:
        """Draw one person.

        Raises:
            InputError: A label or size is unknown or out of range.
        """
        pipeline = self._find(choice.weights)
        with self._lock:
            drawn = pipeline(choice.seed, sampling=_sample(choice))[0]
            return self._fit(drawn, choice.size)

    def mix(self, a: FaceChoice, b: FaceChoice, parts: Sequence[MixPart]) -> Result:
        """Draw one person with the styles of another in some layers.

        Args:
            a: Who keeps all other layers; its size, psi and weights count for both.
            b: Whose styles come in.
            parts: Which layers, and how much of each.

        Raises:
            InputError: A label, size or layer is unknown or out of range.
        """
        pipeline = self._find(a.weights)
        with self._lock:
            samplers = [pipeline.sampler(_sample(replace(one, psi=a.psi))) for one in (a, b)]
            ws, given = (
                find_styles(sampler, [one.seed])
                for sampler, one in zip(samplers, (a, b), strict=True)
            )
            for part in parts:
                layers = range(part.first, part.last + 1)
                ws = mix_styles(ws, given, layers, strength=part.amount)
            said: dict[str, Json] = {"mix": [str(part) for part in parts]}
            used = Ingredients(seeds=(a.seed, b.seed))
            manifest = replace(pipeline.describe(samplers[0], said, used), task="mix")
            image = draw_each(samplers[0], ws)[0]
            return self._fit(Result(image, manifest), a.size)

    def render(self, choice: FaceChoice) -> bytes:
        """Draw one person as a signed WebP."""
        return _render(self.draw(choice))

    def render_mix(self, a: FaceChoice, b: FaceChoice, parts: Sequence[MixPart]) -> bytes:
        """Draw what `mix` draws as a signed WebP."""
        return _render(self.mix(a, b, parts))

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

    def list_layers(self) -> dict[str, Json]:
        """Return how many layers there are to mix, and the first and last of each range."""
        count = self.count_layers(None)
        found = {name: parse_layers(name, count) for name in ("coarse", "middle", "fine")}
        ranges: dict[str, Json] = {k: [min(v), max(v)] for k, v in found.items() if v}
        return {"num_ws": count, "ranges": ranges}

    def count_layers(self, weights: str | None) -> int:
        """Return how many layers a generator has."""
        pipeline = self._find(weights)
        with self._lock:
            return pipeline.generator.num_ws

    def _find(self, weights: str | None) -> GeneratePipeline:
        """Return the generator that is named; the last one is kept."""
        if weights is None or weights == self._weights:
            return self.pipeline
        if self._other is None or self._other.weights != weights:
            self._other = GeneratePipeline(weights)
        return self._other

    _other: GeneratePipeline | None = None

    def _fit(self, drawn: Result, size: int | None) -> Result:
        """Return a person of some size; a network enlarges."""
        side = drawn.image.shape[0]
        if size is None or size == side:
            return drawn
        said, models = dict(drawn.manifest.parameters), dict(drawn.manifest.models)
        image = drawn.image
        if size > side:
            session = self.enhancer.start(scale=_ENLARGED)
            image = session.step(image).image
            models |= session.used.models
            said["enhancer"] = next(iter(session.used.models))
        said["size"] = size
        manifest = replace(drawn.manifest, parameters=said, models=models)
        return replace(drawn, image=resize_image(image, size), manifest=manifest)


def _render(result: Result) -> bytes:
    """Return a picture as a signed WebP."""
    return render_image(result.image, ".webp", result.manifest, quality=_QUALITY)


def _sample(choice: FaceChoice) -> Sampling:
    """Return how a person is drawn."""
    named = {name: getattr(choice, name) for name in LABELS}
    labels = {name: value for name, value in named.items() if value}
    return Sampling(truncation_psi=choice.psi, labels=labels)


def list_devices() -> list[str]:
    """Return where this machine computes, the best first."""
    best = str(pick_device("auto"))
    return [best] if best == "cpu" else [best, "cpu"]


def draw_seed(path: Path, choice: Mapping[str, Any]) -> None:
    """Draw a person as an input of another command: a signed picture, which needs no consent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    chosen = FaceChoice(**choice)
    _keep_gallery().draw(chosen).save(path, overwrite=True)


@cache
def _keep_gallery() -> FaceGallery:
    """Return a gallery whose networks stay loaded, for jobs that follow each other."""
    return FaceGallery()
