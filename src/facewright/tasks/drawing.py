"""What every task that draws people shares: its options, the open generator, the manifest."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch

from facewright.device import configure_cuda, name_device, pick_device, pick_dtype
from facewright.errors import FileError, InputError
from facewright.gan.weights import load_generator, load_labels
from facewright.hub.store import Progress
from facewright.latents.candidates import pick_reject
from facewright.latents.sample import SamplingConfig, check_labels, resolve_batch
from facewright.latents.scenes import FaceSampler, name_candidates
from facewright.pipelines.weights import STARTERS, open_weights, pick_weights
from facewright.provenance.manifest import parse_seeds
from facewright.types import TRUNCATION_PSI, Manifest, Precision, TruncationTarget
from facewright.version import __version__

T = TypeVar("T")

LABELS = ("age", "gender", "ethnicity")
"""Labels that have an option of their own."""

_NOT_RECORDED = {"seeds", "device", "out", "overwrite", "format"}
# The first two have their own place in a manifest; the others say where a file goes.


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawOptions:
    """How people are drawn, whatever is made of them."""

    out: Path
    """Where to write; overwrites nothing unless --overwrite."""
    weights: str | None = None
    """The generator: a name that `facewright models list` shows, or a file."""
    truncation_psi: float = TRUNCATION_PSI
    """Truncation psi, --psi for short: 1 is full variety, 0 is the average face."""
    truncate_to: TruncationTarget | None = None
    """What psi pulls towards: the nearest of several centres of people with the same labels, or the
    mean of all; otherwise centres, where the generator has them."""
    reject: float | None = None
    """Share of people of each kind, such as 0.2, that are drawn anew because they would look
    flawed; otherwise what the weights recommend, and 0 where they cannot tell."""
    cutoff: int | None = None
    """Truncate only this many layers from the first; otherwise all."""
    noise: Literal["const", "none"] = "const"
    """Which noise the layers add."""
    age: str | None = None
    """Draw only people of this age, such as 30-39; otherwise as it comes."""
    gender: str | None = None
    """Draw only people of this gender."""
    ethnicity: str | None = None
    """Draw only people of this ethnicity, such as 'East Asian'."""
    label: tuple[str, ...] = ()
    """Any other label as NAME=VALUE; may be repeated."""
    size: int | None = None
    """Width and height of each face in pixels; otherwise as drawn, on sheets at least 128 and in
    clips at least 256."""
    batch: int | None = None
    """People at a time; otherwise as many as pay off for such a generator."""
    precision: Precision = "auto"
    """Number format of the convolutions; auto is bfloat16 where the processor has it."""
    device: str = "auto"
    """Where to compute: auto, cpu, cuda or cuda:1."""
    overwrite: bool = False
    """Replace files that are there already."""


Options = TypeVar("Options", bound=DrawOptions)


@dataclass(frozen=True, slots=True)
class Easel:
    """An artist who is ready, and what a manifest says about it."""

    sampler: FaceSampler
    models: dict[str, str]
    """Name of the weights → sha256."""
    resolved: dict[str, Any]
    """What the options left open, as it was decided."""
    device: torch.device

    @property
    def resolution(self) -> int:
        """Width and height of what the generator draws, in pixels."""
        return self.sampler.generator.config.resolution


def open_easel(
    options: DrawOptions,
    progress: Progress | None = None,
    *,
    starters: Sequence[str] = STARTERS,
) -> Easel:
    """Load the generator and decide what the options leave open.

    Args:
        options: How to draw.
        progress: Called with how far a download of weights is.
        starters: What is used where no weights are named, the best first.

    Returns:
        Everything ready to draw.

    Raises:
        WeightsError: There are no such weights.
        InputError: An option is invalid with them.
    """
    device = pick_device(options.device)
    dtype, chosen = pick_dtype(device, options.precision), read_labels(options)
    bundle = open_weights(pick_weights(options.weights, starters=starters), progress)
    labels = load_labels(bundle)
    check_labels(labels, chosen)
    configure_cuda(device, repeatable=True)
    generator = load_generator(bundle, device)
    sampling = SamplingConfig(
        truncation_psi=options.truncation_psi,
        truncate_to=generator.pick_target(options.truncate_to),
        reject=pick_reject(generator, options.reject),
        cutoff=options.cutoff,
        noise=options.noise,
        dtype=dtype,
    )
    batch = options.batch or resolve_batch(generator, sampling)
    resolved = {
        "weights": bundle.card.name,  # never a path: the picture may be published
        "truncate_to": sampling.truncate_to,
        "reject": sampling.reject,
        "batch": batch,
        "precision": str(dtype).removeprefix("torch."),
        "device": device.type,
    }
    sampler = FaceSampler(generator, batch, sampling, labels, chosen)
    return Easel(sampler, {bundle.card.name: bundle.card.sha256}, resolved, device)


def resolve(options: Options, easel: Easel, *, smallest: int = 0) -> Options:
    """Return the options with nothing left open.

    Args:
        options: What was asked for.
        easel: What was decided.
        smallest: Pictures are enlarged to at least so many pixels unless the options say a size.
    """
    size = options.size or max(easel.resolution, smallest)
    return replace(options, **easel.resolved, size=size)


def describe(
    task: str, options: DrawOptions, seeds: Sequence[int], easel: Easel, *, varied: bool = False
) -> Manifest:
    """Say how a picture comes about.

    Args:
        task: The name of the task, as on the command line.
        options: Settled ones.
        seeds: Of the people in the picture.
        easel: What draws it.
        varied: Every seed is drawn with several labels.
    """
    parameters: dict[str, Any] = {
        k: v for k, v in asdict(options).items() if k not in _NOT_RECORDED
    }
    if options.reject and seeds and not varied:
        parameters["candidates"] = name_candidates(easel.sampler, seeds)
    return Manifest(
        task=task,
        parameters={**parameters, "label": list(options.label)},
        seeds=tuple(seeds),
        models=easel.models,
        version=__version__,
        torch=torch.__version__,
        device=name_device(easel.device),
    )


def read_seeds(text: str, option: str = "--seeds") -> tuple[int, ...]:
    """Read seeds as a user writes them.

    Args:
        text: Such as "0-15,42".
        option: What an error calls it.

    Returns:
        The seeds in order; at least one.

    Raises:
        InputError: The text is something else.
    """
    try:
        seeds = parse_seeds(text.replace(" ", ""))
    except FileError as error:
        raise InputError(
            f"`{text}` names no seeds", hint=f"{option} takes numbers and ranges such as 0-15,42"
        ) from error
    if not seeds or min(seeds) < 0 or max(seeds) >= 2**63:
        raise InputError(
            f"{option} names at least one seed, from 0 on", hint=f"such as {option} 0-15,42"
        )
    return seeds


def read_labels(options: DrawOptions) -> dict[str, str]:
    """Return label → value as the options choose them.

    Raises:
        InputError: A label is not NAME=VALUE, or is chosen twice.
    """
    chosen = {name: value for name in LABELS if (value := getattr(options, name)) is not None}
    for text in options.label:
        name, equals, value = text.partition("=")
        if not (equals and name and value):
            raise InputError(f"`{text}` chooses no label", hint="--label NAME=VALUE")
        if name in chosen:
            raise InputError(f"the label `{name}` is chosen twice")
        chosen[name] = value
    return chosen


def read_vary(text: str, chosen: Collection[str], people: int) -> tuple[str, ...]:
    """Read which labels a sheet varies.

    Args:
        text: One or two names, such as "age,gender".
        chosen: Labels that the options choose.
        people: How many seeds there are.

    Returns:
        The names: rows, then columns.

    Raises:
        InputError: A label is named twice or chosen too, or there are too many labels or seeds.
    """
    names = tuple(name.strip() for name in text.split(","))
    if len(names) > 2 or (len(names) == 2 and people != 1):
        raise InputError(
            f"--vary {text} does not fit {people} seeds",
            hint="one label and any seeds, or two labels and one seed",
        )
    if len(set(names)) < len(names):
        raise InputError(f"--vary {text} names a label twice", hint="such as --vary age,gender")
    if both := [name for name in names if name in chosen]:
        raise InputError(
            f"the label `{both[0]}` is both chosen and varied",
            hint=f"leave out --vary {both[0]} or the choice",
        )
    return names


def count_off(items: Iterable[T], total: int, progress: Progress | None) -> Iterator[T]:
    """Pass items on, and tell after each how many there were."""
    for done, item in enumerate(items, 1):
        yield item
        if progress:
            progress(done, total)
