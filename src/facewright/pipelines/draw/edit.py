"""Edit a face in its latents: along directions, or by the styles of another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch

from facewright.errors import InputError
from facewright.hub.cards import find_owned
from facewright.hub.store import Progress
from facewright.latents.directions.bundle import (
    KIND,
    Direction,
    Directions,
    load_directions,
    push_styles,
    restrict_direction,
)
from facewright.latents.directions.closed import find_closed_directions
from facewright.latents.edit import mix_styles, parse_layers, parse_weights
from facewright.latents.scenes import FaceSampler, draw_each
from facewright.pipelines.draw.enlarge import AUTO
from facewright.pipelines.draw.generate import Sampling
from facewright.pipelines.draw.latents import LatentInput, LatentSource, LatentsPipeline
from facewright.pipelines.find import FindPipeline
from facewright.pipelines.result import Ingredients, LatentsResult, hashes
from facewright.types import REFINE_STEPS, Bundle, Json, Precision

_CLOSED = re.compile(r"sefa-([1-9]\d{0,2})")
_CLOSED_REACH = 4.0  # units, as far as random people go


@dataclass(frozen=True, slots=True)
class Moves:
    """Directions, the step along each, and their entries in a manifest."""

    steps: list[tuple[Direction, float]]
    parameters: dict[str, Json]
    used: Ingredients


class EditPipeline(LatentsPipeline):
    """Edits a face along directions: age, smile, pose, light and more."""

    verb: ClassVar[str] = "edit"

    def __init__(  # noqa: PLR0913
        self,
        weights: str | None = None,
        *,
        directions: str | None = None,
        encoder: str | None = None,
        refiner: str = AUTO,
        find: FindPipeline | None = None,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The generator: a name or a file; None is the starter.
            directions: A name or a file; None is the set that ships for the generator.
            encoder: As for `LatentsPipeline`.
            refiner: As for `GeneratorPipeline`.
            find: The face detector; None loads the networks that ship.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.
        """
        super().__init__(
            weights,
            encoder=encoder,
            refiner=refiner,
            find=find,
            device=device,
            dtype=dtype,
            progress=progress,
        )
        self._named = directions

    @cached_property
    def direction_bundle(self) -> Bundle:
        """The weights of the directions that belong to the generator.

        Raises:
            InputError: The directions belong to another generator, or none ship for this one.
        """
        named = self._named or find_owned((KIND,), self.bundle.card.sha256)
        if named is None:
            raise InputError(
                f"no directions ship for the generator `{self.name}`",
                hint="make some as recipes/directions does, or take `sefa-1` and the like",
            )
        bundle = self.open(named)
        load_directions(bundle).check_generator(self.name, self.bundle.card.sha256)
        return bundle

    @cached_property
    def directions(self) -> Directions:
        """The named directions."""
        return load_directions(self.direction_bundle)

    @property
    def direction_names(self) -> list[str]:
        """The names of the directions."""
        return [direction.name for direction in self.directions.every]

    def find_direction(self, name: str, layers: str | Sequence[int] = "all") -> Direction:
        """Return a direction, restricted to some layers.

        Args:
            name: One of `direction_names`, or sefa-1, sefa-2, ..., derived from the weights (SeFa).
            layers: Layers that it changes.

        Raises:
            InputError: No direction has this name.
        """
        count = self.generator.num_ws
        moved = parse_layers(layers, count) if isinstance(layers, str) else tuple(layers)
        closed = _CLOSED.fullmatch(name)
        if closed is None:
            return restrict_direction(self.directions.find(name), moved)
        found = find_closed_directions(self.generator, moved, labels=self.labels)
        if int(closed[1]) > len(found):
            hint = f"sefa-1 to sefa-{len(found)}"
            raise InputError(f"no direction is called `{name}`", hint=hint)
        styles = found[int(closed[1]) - 1].expand(count, -1).clone()
        named = Direction(name, "one way", "the other way", _CLOSED_REACH, styles)
        return restrict_direction(named, moved)

    def list_models(self, names: Sequence[str]) -> dict[str, str]:
        """Return name → sha256 of the file of directions, if any of `names` is from it."""
        closed = all(_CLOSED.fullmatch(name) for name in names)
        return {} if closed and self._named is None else hashes(self.direction_bundle)

    def plan(self, directions: Mapping[str, float], layers: str = "all") -> Moves:
        """Find directions by their names.

        Args:
            directions: Name → step, in standard deviations over random people.
            layers: Layers to change.

        Raises:
            InputError: A direction is unknown, or belongs to another generator.
        """
        steps = [(self.find_direction(name, layers), by) for name, by in directions.items()]
        models = self.list_models(list(directions))
        said: dict[str, Json] = {
            "layers": layers,
            "direction": [f"{name}={by:g}" for name, by in directions.items()],
            "directions": next(iter(models), None),
        }
        return Moves(steps, said, Ingredients(models=models))

    def __call__(  # noqa: PLR0913
        self,
        face: LatentInput,
        *,
        directions: Mapping[str, float],
        layers: str = "all",
        refine: int = REFINE_STEPS,
        faces: str = "largest",
        size: int | None = None,
        sampling: Sampling | None = None,
        consent: str | None = None,
        progress: Progress | None = None,
    ) -> LatentsResult:
        """Edit a face along directions.

        Args:
            face: A seed, latents, a result or a picture.
            directions: Name → step, in standard deviations over random people; may be negative.
            layers: Layers to change: all, coarse, middle, fine, or numbers such as "0-3,7".
            refine: Optimisation steps after the encoder, for pictures.
            faces: Which face of a picture: "largest", "left", "right", or a number from 1.
            size: Width and height in pixels; None is the resolution of the generator.
            sampling: Truncation, noise and precision.
            consent: The consent to use the faces; checked again when the result is saved.
            progress: Called with the number of inversion steps done, and of all.

        Returns:
            The face and its latents, which can be edited further.

        Raises:
            InputError: A direction is unknown or a step exceeds its reach, latents belong to
                another generator, or a picture shows no face.
            FileError: A file is missing or damaged.
        """
        moves, sampler = self.plan(directions, layers), self.sampler(sampling)
        source = self.read_latents(
            face, sampler, refine=refine, faces=faces, consent=consent, progress=progress
        )
        said = {**moves.parameters, "refine": refine, "face": source.name}
        return _draw(
            self, sampler, push_styles(source.ws, moves.steps), source, said, moves.used, size
        )


class RestylePipeline(LatentsPipeline):
    """Replaces styles of a face by those of another: injection into w+, layer by layer."""

    verb: ClassVar[str] = "restyle"

    def __call__(  # noqa: PLR0913
        self,
        face: LatentInput,
        style: LatentInput,
        *,
        layers: str = "all",
        strength: float = 1.0,
        refine: int = REFINE_STEPS,
        faces: str = "largest",
        size: int | None = None,
        sampling: Sampling | None = None,
        consent: str | None = None,
    ) -> LatentsResult:
        """Replace the styles of a face in some layers by those of another.

        Args:
            face: The face to change: a seed, latents, a result or a picture.
            style: The face that gives the styles: a seed, latents, a result or a picture.
            layers: all, coarse, middle, fine, or numbers such as "0-6,9", each with a weight of
                its own such as "0-6:0.3,fine"; or none.
            strength: Weight of the styles, 0 to 1, times that of a layer.
            refine: Optimisation steps after the encoder, for pictures.
            faces: Which face of pictures: "largest", "left", "right", or a number from 1.
            size: Width and height in pixels; None is the resolution of the generator.
            sampling: Truncation, noise and precision.
            consent: The consent to use the faces; checked again when the result is saved.

        Returns:
            The face, and its latents.

        Raises:
            InputError: A layer does not exist, latents belong to another generator, or a picture
                shows no face.
            FileError: A file is missing or damaged.
        """
        sampler = self.sampler(sampling)
        one, other = self.read_pair(
            face, style, sampler, refine=refine, faces=faces, consent=consent
        )
        chosen = parse_weights(layers, self.generator.num_ws)
        mixed = mix_styles(one.ws, other.ws, chosen, strength=strength)
        said: dict[str, Json] = {"layers": layers, "strength": strength, "refine": refine}
        said |= {"face": one.name, "style": other.name}
        return _draw(self, sampler, mixed, one, said, other.used, size)

    def read_pair(  # noqa: PLR0913
        self,
        face: LatentInput,
        style: LatentInput,
        sampler: FaceSampler,
        *,
        refine: int = REFINE_STEPS,
        faces: str = "largest",
        consent: str | None = None,
        progress: Progress | None = None,
    ) -> tuple[LatentSource, LatentSource]:
        """Return the latents of both faces, as `read_latents` does."""
        one, other = (
            self.read_latents(
                given,
                sampler,
                role=role,
                refine=refine,
                faces=faces,
                consent=consent,
                progress=progress,
            )
            for role, given in (("face", face), ("style", style))
        )
        return one, other


def _draw(  # noqa: PLR0913
    pipeline: LatentsPipeline,
    sampler: FaceSampler,
    ws: torch.Tensor,
    source: LatentSource,
    said: Mapping[str, Json],
    used: Ingredients,
    size: int | None,
) -> LatentsResult:
    """Synthesise latents, with the generator tuned to the face if it is tuned."""
    size = pipeline.pick_size(size)
    (image,) = draw_each(pipeline.tune(sampler, source.tuning), ws)
    used = source.used | used
    latents = pipeline.keep(ws, used.consent or "")
    manifest = pipeline.describe(sampler, {**said, "size": size}, used)
    return LatentsResult(
        pipeline.enlarge(image, size), manifest, latents=latents, tuning=source.tuning
    )
