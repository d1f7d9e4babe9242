"""Generate people by seed, for galleries and as inputs of other commands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from facewright.device import pick_device
from facewright.jobs.interface.people import FaceChoice
from facewright.jobs.interface.signature import find_command, read_arguments
from facewright.jobs.options import record_options
from facewright.latents.edit import RANGES, format_layers, mix_styles, parse_weights
from facewright.latents.scenes import draw_each, find_styles
from facewright.pipelines.consent import GENERATED
from facewright.pipelines.draw.generate import GeneratePipeline
from facewright.pipelines.result import Ingredients, Result
from facewright.provenance.publish import render_image
from facewright.types import Json

_QUALITY = 90


class FaceGallery:
    """Generator of single people that keeps its networks loaded; thread-safe."""

    def __init__(self, weights: str | None = None) -> None:
        """Choose a generator; nothing is loaded yet."""
        self._weights, self._lock = weights, threading.Lock()

    @cached_property
    def pipeline(self) -> GeneratePipeline:
        """The generator."""
        return GeneratePipeline(self._weights)

    def prepare(self) -> None:
        """Load the networks that most faces need.

        Raises:
            WeightsError: There are no such weights.
        """
        with self._lock:
            _ = self.pipeline.generator, self.pipeline.refiner

    def draw(self, choice: FaceChoice) -> Result:
        """Draw one person; `remake` makes the same bytes again.

        Raises:
            InputError: A label or size is unknown or out of range.
        """
        pipeline, options = self._find(choice.weights), _choose(choice)
        with self._lock:
            sampler = pipeline.sampler(options.sampling())
            drawn = next(pipeline.stream(sampler, [choice.seed], size=choice.size))
        said = {**record_options(options), **drawn.manifest.parameters}
        return replace(drawn, manifest=replace(drawn.manifest, parameters=said))

    def mix(self, a: FaceChoice, b: FaceChoice, layers: str) -> Result:
        """Draw what `facewright restyle` draws of two people; `remake` makes the same bytes again.

        Args:
            a: The person who keeps all other layers; its size, psi and weights apply to both.
            b: The person whose styles are mixed in.
            layers: Layers with weights, such as "0-3:0.2,fine"; empty for none.

        Raises:
            InputError: A label, size or layer is unknown or out of range.
        """
        options = _find_options("restyle")(
            out=Path(), size=a.size, truncation_psi=a.psi, batch=1, quality=_QUALITY
        )
        pipeline = self._find(a.weights)
        with self._lock:
            sampler, size = pipeline.sampler(options.sampling()), pipeline.pick_size(a.size)
            chosen = parse_weights(layers or "none", pipeline.generator.num_ws)
            ws, other = (find_styles(replace(sampler, chosen=p.labels), [p.seed]) for p in (a, b))
            image = draw_each(sampler, mix_styles(ws, other, chosen))[0]
            said: dict[str, Json] = {**record_options(options), "layers": format_layers(chosen)}
            said |= {"face": a.name, "style": b.name, "size": size}
            used = Ingredients(seeds=(a.seed, b.seed), consent=GENERATED)
            manifest = replace(pipeline.describe(sampler, said, used), task="restyle")
            return Result(pipeline.enlarge(image, size), manifest)

    def render(self, choice: FaceChoice) -> bytes:
        """Draw one person as a signed WebP."""
        return _render(self.draw(choice))

    def render_mix(self, a: FaceChoice, b: FaceChoice, layers: str) -> bytes:
        """Draw what `mix` draws as a signed WebP."""
        return _render(self.mix(a, b, layers))

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

    def list_devices(self) -> list[str]:
        """Return the devices of this machine, the best first."""
        best = str(pick_device("auto"))
        return [best] if best == "cpu" else [best, "cpu"]

    def list_layers(self) -> dict[str, Json]:
        """Return how many layers there are to mix, and the first and last of each range."""
        with self._lock:
            count = self.pipeline.generator.num_ws
        ranges: dict[str, Json] = {
            name: [first, min(stop, count) - 1]
            for name, (first, stop) in RANGES.items()
            if first < count
        }
        return {"num_ws": count, "ranges": ranges}

    def _find(self, weights: str | None) -> GeneratePipeline:
        """Return the generator that is named; the last one is kept."""
        if weights is None or weights == self._weights:
            return self.pipeline
        if self._other is None or self._other.weights != weights:
            self._other = GeneratePipeline(weights)
        return self._other

    _other: GeneratePipeline | None = None


def _render(result: Result) -> bytes:
    """Return a picture as a signed WebP."""
    return render_image(result.image, ".webp", result.manifest, quality=_QUALITY)


def _choose(choice: FaceChoice) -> Any:
    """Return the options with which `facewright generate` draws the same person."""
    return _find_options("generate")(
        seeds=str(choice.seed),
        out=Path(),
        size=choice.size,
        truncation_psi=choice.psi,
        label=tuple(f"{name}={value}" for name, value in choice.labels.items()),
        batch=1,  # the quickest for one person
        quality=_QUALITY,
    )


@cache
def _find_options(name: str) -> Callable[..., Any]:
    """Return the dataclass of the options of a command."""
    command = find_command(name)
    assert command is not None, "it is in the table"  # noqa: S101
    return next(one.options for one in read_arguments(command.load()) if one.options is not None)


def draw_seed(path: Path, choice: Mapping[str, Any]) -> None:
    """Draw a person as an input of another command: a signed picture, which needs no consent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    chosen = FaceChoice(**choice)
    _keep_gallery().draw(chosen).save(path, overwrite=True)


@cache
def _keep_gallery() -> FaceGallery:
    """Return a gallery whose networks stay loaded, for jobs that follow each other."""
    return FaceGallery()
