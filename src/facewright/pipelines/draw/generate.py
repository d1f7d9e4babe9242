"""Generate people who do not exist: one by one, mixed, or in walks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import ClassVar, Literal, TypeAlias

import torch

from facewright.errors import InputError
from facewright.gan.generator import Generator
from facewright.gan.weights import LabelTable, load_generator, load_labels
from facewright.hub.store import Progress
from facewright.interop.openvino import compile_synthesis, is_compiled
from facewright.latents.candidates import pick_reject
from facewright.latents.edit import parse_layers
from facewright.latents.files import StoredLatents
from facewright.latents.sample import (
    SamplingConfig,
    check_labels,
    resolve_batch,
    sample_people,
)
from facewright.latents.scenes import (
    FaceSampler,
    draw_mixing_grid,
    draw_walk,
    find_styles,
    name_candidates,
)
from facewright.media.drawing.grid import header_grid
from facewright.media.stills.resize import resize_image
from facewright.pipelines.configs import Truncation
from facewright.pipelines.consent import GENERATED
from facewright.pipelines.draw.enlarge import AUTO, NONE, pick_refiner
from facewright.pipelines.inputs import Seeds, read_seeds
from facewright.pipelines.pipeline import Pipeline
from facewright.pipelines.result import (
    ClipResult,
    Ingredients,
    LatentsResult,
    Result,
    build_manifest,
    hashes,
)
from facewright.pipelines.weights import pick_weights
from facewright.refine.network import SCALE, Refiner, load_refiner, refine_image
from facewright.types import (
    TRUNCATION_PSI,
    Bundle,
    Clip,
    Image,
    Json,
    Latents,
    Manifest,
    Precision,
)

MOST_FRAMES = 36_000
"""Most frames of a clip from person to person."""

SHEET, CLIP = 128, 256
"""Smallest width in pixels of faces on sheets and in clips; smaller ones are enlarged."""

Space: TypeAlias = Literal["z", "w"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling(Truncation):
    """Options of generation: truncation, noise, labels."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """Label → value, such as {"age": "30-39"}; other labels are drawn as often as in training."""


class GeneratorPipeline(Pipeline):
    """A generator with its labels and refiner: the base of verbs that generate people."""

    def __init__(
        self,
        weights: str | None = None,
        *,
        refiner: str = AUTO,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose the networks; nothing is loaded yet.

        Args:
            weights: The generator: a name or a file; None is the starter.
            refiner: What draws faces above the size that the generator draws: a name or a file;
                "auto" is the one that ships for such faces, "none" enlarges without a network.
            device: As for every `Pipeline`.
            dtype: Number format of the networks.
            progress: As for every `Pipeline`.

        Raises:
            InputError: There is no such device or number format.
        """
        super().__init__(weights, device=device, dtype=dtype, progress=progress)
        self._refiner = refiner

    @cached_property
    def bundle(self) -> Bundle:
        """The weights of the generator."""
        return self.open(pick_weights(self.weights))

    @cached_property
    def generator(self) -> Generator:
        """The generator, float32, on the device."""
        return load_generator(self.bundle, self.device)

    @cached_property
    def _compiled(self) -> Generator:
        """The generator, drawing with OpenVINO."""
        return compile_synthesis(self.generator)

    @cached_property
    def labels(self) -> LabelTable:
        """The labels of the generator."""
        return load_labels(self.bundle)

    @property
    def name(self) -> str:
        """The name of the generator."""
        return self.bundle.card.name

    @property
    def models(self) -> dict[str, str]:
        """Name of the generator → sha256 of its file."""
        return hashes(self.bundle)

    @property
    def resolution(self) -> int:
        """Width and height of its pictures, in pixels."""
        return self.generator.config.resolution

    @cached_property
    def refiner_bundle(self) -> Bundle | None:
        """The weights of the refiner, if there is one.

        Raises:
            InputError: The named refiner takes faces of another size or template.
        """
        return pick_refiner(self._refiner, self.bundle, self.resolution, self.progress)

    @cached_property
    def refiner(self) -> Refiner | None:
        """The refiner, on the device, if there is one."""
        bundle = self.refiner_bundle
        return load_refiner(bundle, self.device, dtype=self.dtype) if bundle else None

    @property
    def refiner_name(self) -> str:
        """The name of the refiner, or `NONE`."""
        return self.refiner_bundle.card.name if self.refiner_bundle else NONE

    @property
    def finest(self) -> int:
        """Largest width and height in pixels up to which faces have detail."""
        return self.resolution * (1 if self.refiner_bundle is None else SCALE)

    def enlarge(self, image: Image, size: int) -> Image:
        """Resize a generated face; refine it if the size is larger than its own.

        Args:
            image: (resolution, resolution, 3).
            size: Width and height in pixels.
        """
        if size > self.resolution and self.refiner is not None:
            image = refine_image(self.refiner, image)
        return resize_image(image, size)

    def pick_size(self, size: int | None, smallest: int = 0) -> int:
        """Return the width and height of a face in pixels.

        Args:
            size: The requested size; None is the resolution of the generator.
            smallest: Lower limit of the size if none is requested.

        Raises:
            InputError: It is not 1 to 16384.
        """
        size = max(self.resolution, smallest) if size is None else size
        if not 1 <= size <= 16_384:
            raise InputError(f"`size` is 1 to 16384, not {size}", hint="width and height in pixels")
        return size

    def sampler(self, sampling: Sampling | None = None) -> FaceSampler:
        """Return a sampler with options.

        Raises:
            InputError: The generator does not know a label or value, or has no centres or scorer
                for the options; or OpenVINO cannot draw what it draws, or there.
            WeightsError: OpenVINO is asked for and not installed.
        """
        sampling = sampling or Sampling()
        check_labels(self.labels, sampling.labels)
        config = SamplingConfig(
            truncation_psi=sampling.truncation_psi,
            truncate_to=self.generator.pick_target(sampling.truncate_to),
            reject=pick_reject(self.generator, sampling.reject),
            cutoff=sampling.cutoff,
            noise=sampling.noise,
            dtype=self.dtype,
        )
        batch = sampling.batch or resolve_batch(self.generator, config)
        drawer = self._compiled if sampling.backend == "openvino" else self.generator
        return FaceSampler(drawer, batch, config, self.labels, sampling.labels)

    def describe(
        self, sampler: FaceSampler, parameters: Mapping[str, Json], used: Ingredients
    ) -> Manifest:
        """Return the manifest of a result of this generator.

        Args:
            sampler: The sampler that was used.
            parameters: Option → value; values that the sampler chose replace them.
            used: Pictures, seeds and consent.
        """
        sampling = sampler.sampling
        said: dict[str, Json] = {
            "weights": self.name,  # never a path: the picture may be published
            "truncation_psi": sampling.truncation_psi,
            "truncate_to": sampling.truncate_to,
            "reject": sampling.reject,
            "cutoff": sampling.cutoff,
            "noise": sampling.noise,
            "label": [f"{name}={value}" for name, value in sampler.chosen.items()],
            "batch": sampler.batch,
            "backend": "openvino" if is_compiled(sampler.generator) else "torch",
            "precision": str(sampling.dtype).removeprefix("torch."),
        }
        several = parameters.get("vary")  # candidates for one seed
        labelled = any(":" in str(parameters.get(role)) for role in ("face", "style"))
        if sampling.reject and used.seeds and not several and not labelled:
            said["candidates"] = list(name_candidates(sampler, used.seeds))
        size = parameters.get("size")
        refined = isinstance(size, int) and size > self.resolution
        said["refiner"] = self.refiner_name if refined else NONE
        models = Ingredients(models=self.models | hashes(self.refiner_bundle if refined else None))
        return build_manifest(self.verb, {**parameters, **said}, used | models, self.device)

    def keep(self, ws: torch.Tensor, consent: str = GENERATED) -> StoredLatents:
        """Return w+ (n, num_ws, w_dim) as latents with the name and hash of the generator."""
        latents = Latents(ws.float().cpu(), "w+", self.name)
        return StoredLatents(latents, self.bundle.card.sha256, consent)


class GeneratePipeline(GeneratorPipeline):
    """Generates people who do not exist.

    Safe to call from several threads: each gets the same pictures as alone. Single people are
    fastest with `sampling=Sampling(batch=1)`: other batches are filled up, so that a person does
    not depend on the number of people.
    """

    verb: ClassVar[str] = "generate"

    def __call__(  # noqa: PLR0913
        self,
        seeds: Seeds = 0,
        *,
        truncation_psi: float = TRUNCATION_PSI,
        age: str | None = None,
        gender: str | None = None,
        ethnicity: str | None = None,
        size: int | None = None,
        sampling: Sampling | None = None,
    ) -> list[LatentsResult]:
        """Generate people.

        The same seeds, weights, arguments and type of device give the same pictures, bit for bit.

        Args:
            seeds: A number, several, or a text such as "0-15,42"; one person per seed.
            truncation_psi: 1 is full variety, 0 is the average face.
            age: Label of the age, such as "30-39"; None draws it as often as in training.
            gender: Label of the gender; None likewise.
            ethnicity: Label of the ethnicity, such as "East Asian"; None likewise.
            size: Width and height in pixels; None is what the generator draws.
            sampling: All options, including other labels; its `truncation_psi` replaces the
                argument.

        Returns:
            One result per seed, in their order.

        Raises:
            InputError: A seed, label or size is out of range or unknown.
            WeightsError: There are no such weights.
        """
        named = {"age": age, "gender": gender, "ethnicity": ethnicity}
        sampling = sampling or Sampling(truncation_psi=truncation_psi)
        chosen = {name: value for name, value in named.items() if value is not None}
        sampler = self.sampler(replace(sampling, labels={**sampling.labels, **chosen}))
        return list(self.stream(sampler, read_seeds(seeds), size=size))

    def stream(
        self, sampler: FaceSampler, seeds: Iterable[int], *, size: int | None = None
    ) -> Iterator[LatentsResult]:
        """Generate people batch by batch, on demand.

        Args:
            sampler: From `sampler`; several calls may share it, one at a time.
            seeds: One person per seed.
            size: Width and height in pixels; None is the resolution of the generator.

        Yields:
            One result per seed, in their order.
        """
        size = self.pick_size(size)
        people = sample_people(
            sampler.generator,
            seeds,
            labels=sampler.labels,
            chosen=sampler.chosen,
            sampling=sampler.sampling,
            batch=sampler.batch,
        )
        for person in people:
            yield LatentsResult(
                self.enlarge(person.image, size),
                self.describe(sampler, {"size": size}, Ingredients(seeds=(person.seed,))),
                measurements=dict(person.label),
                latents=self.keep(find_styles(sampler, [person.seed])),
            )


class MixPipeline(GeneratorPipeline):
    """Mixes the styles of people, as in figure 3 of Karras et al. 2019."""

    verb: ClassVar[str] = "mix"

    def __call__(
        self,
        rows: Seeds,
        columns: Seeds,
        *,
        layers: str = "4-",
        size: int | None = None,
        sampling: Sampling | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Generate a grid: the people of the rows with some styles of those of the columns.

        Args:
            rows: Seeds of the people who keep their own styles in all other layers.
            columns: Seeds of the people who give the styles of `layers`.
            layers: coarse, middle, fine, all, or numbers such as "0-3,7"; "4-" is middle and fine.
            size: Width and height of each face in pixels; None is at least 128.
            sampling: Truncation, noise and precision.
            progress: Called with the number of faces drawn, and of all.

        Returns:
            The grid, with the seeds beside it.

        Raises:
            InputError: A seed, layer or label is unknown.
        """
        down, across = read_seeds(rows, "rows"), read_seeds(columns, "columns")
        sampler, size = self.sampler(sampling), self.pick_size(size, SHEET)
        chosen = parse_layers(layers, self.generator.num_ws)
        grid = draw_mixing_grid(sampler, down, across, chosen, progress=progress)
        image = header_grid(
            *([self.enlarge(face, size) for face in part] for part in astuple(grid)),
            row_labels=[f"seed {seed}" for seed in down],
            column_labels=[f"seed {seed}" for seed in across],
        )
        said: dict[str, Json] = {"rows": _join(down), "columns": _join(across)}
        said |= {"layers": layers, "size": size}
        return Result(image, self.describe(sampler, said, Ingredients(seeds=(*down, *across))))


class InterpolatePipeline(GeneratorPipeline):
    """Interpolates from person to person."""

    verb: ClassVar[str] = "interpolate"

    def __call__(  # noqa: PLR0913
        self,
        seeds: Seeds,
        *,
        seconds: float = 6,
        fps: int = 30,
        space: Space = "w",
        loop: bool = True,
        size: int | None = None,
        sampling: Sampling | None = None,
    ) -> ClipResult:
        """Generate a clip that passes people, one after the other.

        Args:
            seeds: The people in order, at least two.
            seconds: Length of the clip.
            fps: Frames per second.
            space: "z" interpolates spherically (slerp), "w" linearly.
            loop: Whether to return to the first person, so that the clip can repeat.
            size: Width and height in pixels; None is at least 256.
            sampling: Truncation, noise and precision.

        Returns:
            The clip; its frames are computed on reading.

        Raises:
            InputError: There are too few seeds or frames, or too many, or a label is unknown.
        """
        passed, frames = read_seeds(seeds), count_frames(seconds, fps)
        sampler, size = self.sampler(sampling), self.pick_size(size, CLIP)
        drawn = draw_walk(sampler, passed, frames, space=space, loop=loop)
        images = (self.enlarge(image, size) for image in drawn)
        said: dict[str, Json] = {"seconds": seconds, "fps": fps, "space": space, "loop": loop}
        manifest = self.describe(sampler, {**said, "size": size}, Ingredients(seeds=passed))
        return ClipResult(Clip((size, size), Fraction(fps), images, count=frames), manifest)


def count_frames(seconds: float, fps: int) -> int:
    """Return the number of frames of a clip.

    Raises:
        InputError: Fewer than two, or more than `MOST_FRAMES`.
    """
    frames = round(seconds * fps) if math.isfinite(seconds) else 0
    if not 2 <= frames <= MOST_FRAMES:
        raise InputError(
            f"{seconds:g} s at {fps} frames per second are {frames} frames",
            hint=f"a clip has 2 to {MOST_FRAMES}",
        )
    return frames


def _join(seeds: tuple[int, ...]) -> str:
    """Return seeds as options name them."""
    return ",".join(map(str, seeds))
