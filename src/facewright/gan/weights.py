"""Generators as bundles: pack them, and build them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from facewright.datasets.labels import LabelGroup, groups_from_json, groups_to_json
from facewright.device import seeded
from facewright.errors import FacewrightError, InputError, WeightsError
from facewright.gan.anchors.appearance import AppearanceModel, read_appearance
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.layers.centres import Centres, CentreTensors, Parts, find_centres
from facewright.gan.layers.quality import QualityScorer, ScorerTensors
from facewright.gan.stylegan1.networks import ProgressiveConfig, ProgressiveGenerator
from facewright.types import Bundle, Card, Json

KIND = "generator"

_APPEARANCE = "appearance."  # what the names of an appearance model's tensors begin with
_CENTRES, _SCORER = "centres", "scorer"
_OF_W = (f"{_CENTRES}.", f"{_SCORER}.")
_BESIDE = (_APPEARANCE, *_OF_W)  # tensors that are no weights of the generator
_DRAWS = 1 << 14  # w of which centres are found
_GENERATION_1, _GENERATION_2 = "progressive", "generator"  # names of configurations


@dataclass(frozen=True, slots=True)
class LabelTable:
    """The labels that a generator was trained with, and how often each combination occurred."""

    groups: tuple[LabelGroup, ...]
    """The labels, and their values, in the order of the dimensions of a label."""
    vectors: torch.Tensor
    """(m, c_dim), float32: every combination that occurred."""
    counts: torch.Tensor
    """(m,), float32: how often each occurred."""


NO_LABELS = LabelTable((), torch.zeros(1, 0), torch.ones(1))


def count_labels(labels: torch.Tensor, groups: tuple[LabelGroup, ...]) -> LabelTable:
    """Count the combinations in the labels of a dataset.

    Args:
        labels: (n, c_dim).
        groups: The labels, in the order of the dimensions.

    Returns:
        The table; that of no labels where c_dim is 0.
    """
    if labels.shape[1] == 0:
        return NO_LABELS
    vectors, counts = torch.unique(labels, dim=0, return_counts=True)
    return LabelTable(groups, vectors, counts.float())


def pack_generator(
    generator: Generator,
    card: Card,
    *,
    labels: LabelTable = NO_LABELS,
    template: str | None = None,
    appearance: AppearanceModel | None = None,
    centres: Centres | None = None,
) -> Bundle:
    """Return a generator as a bundle.

    Args:
        generator: Of any architecture; its weights are not copied.
        card: What is known about it; its kind is "generator".
        labels: The labels that it knows.
        template: The alignment template of its training pictures; None if unknown.
        appearance: The model that computes anchors, for a generator that was trained with them.
        centres: Targets of truncation; None takes those of the generator.

    Raises:
        InputError: The card is of another kind.
    """
    if card.kind != KIND:
        raise InputError(f"the card of a generator is of the kind `{KIND}`, not `{card.kind}`")
    grew = isinstance(generator, ProgressiveGenerator)
    written = asdict(generator.config)
    config: dict[str, Json] = {_GENERATION_1 if grew else _GENERATION_2: _as_json(written)}
    if labels.groups:
        config["labels"] = labels_to_json(labels)
    if template is not None:
        config["template"] = template
    tensors = dict(generator.state_dict())
    centres = centres or generator.centres
    if centres is not None:
        config[_CENTRES] = {"parts": [list(part) for part in centres.parts]}
        tensors |= _prefix(_CENTRES, centres)
    if generator.scorer is not None:
        parts: list[Json] = [list(part) for part in generator.scorer.parts]
        config[_SCORER] = {"parts": parts, "reject": generator.scorer.reject}
        tensors |= _prefix(_SCORER, generator.scorer)
    if appearance is not None:
        tensors |= {_APPEARANCE + name: x for name, x in appearance.to_tensors().items()}
    return Bundle(card, config, tensors)


def measure_centres(generator: Generator, labels: LabelTable) -> Centres:
    """Return the centres of w of a generator, for random z and labels as they occur in training.

    They are the same each time on the same type of device.

    Args:
        generator: On any device.
        labels: The labels that it knows.
    """
    rng = seeded(0)
    z = torch.randn(_DRAWS, generator.config.z_dim, generator=rng)
    drawn = torch.multinomial(labels.counts, _DRAWS, replacement=True, generator=rng)
    sizes = [len(group.values) for group in labels.groups]
    return find_centres(generator.mapping, z, labels.vectors[drawn], sizes)


def load_generator(bundle: Bundle, device: torch.device | str = "cpu") -> Generator:
    """Build the generator of a bundle.

    Args:
        bundle: A bundle of a generator.
        device: The device to put it on.

    Returns:
        The generator, float32, frozen.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit its configuration.
    """
    name = bundle.card.name
    if bundle.card.kind != KIND:
        raise WeightsError(
            f"`{name}` is a {bundle.card.kind}, not a generator",
            hint="`facewright models list` shows which weights are generators",
        )
    generator = build_generator(read_config(bundle))
    tensors = {
        key: tensor.float() for key, tensor in bundle.tensors.items() if not key.startswith(_BESIDE)
    }
    try:
        generator.load_state_dict(tensors)
    except RuntimeError as error:
        raise WeightsError(f"the tensors of `{name}` do not fit: {error}") from error
    generator.centres, generator.scorer = _load_beside(bundle)
    return generator.to(device).freeze()


def load_appearance(bundle: Bundle) -> AppearanceModel | None:
    """Return the model that computes anchors for a bundle's generator; None if it has none.

    Raises:
        WeightsError: Its tensors do not fit.
    """
    tensors = {
        key.removeprefix(_APPEARANCE): tensor
        for key, tensor in bundle.tensors.items()
        if key.startswith(_APPEARANCE)
    }
    return read_appearance(tensors) if tensors else None


def build_generator(config: GeneratorConfig) -> Generator:
    """Return a generator with random weights, a StyleGAN 1 for a `ProgressiveConfig`."""
    if isinstance(config, ProgressiveConfig):
        return ProgressiveGenerator(config)
    return Generator(config)


def read_config(bundle: Bundle) -> GeneratorConfig:
    """Return the configuration of a bundle's generator.

    Raises:
        WeightsError: The configuration is incomplete or unknown.
    """
    fields: Any = bundle.config.get(_GENERATION_2)
    try:
        if _GENERATION_1 in bundle.config:
            fields = bundle.config[_GENERATION_1]
            return ProgressiveConfig(**fields)
        return GeneratorConfig(**fields)
    except (TypeError, FacewrightError) as error:
        raise WeightsError(
            f"the configuration of `{bundle.card.name}` is not understood: {error}",
            hint="a newer version of facewright may have written it",
        ) from error


def labels_to_json(labels: LabelTable) -> dict[str, Json]:
    """Return the labels of a generator as JSON, as `load_labels` reads it."""
    return {
        "groups": groups_to_json(labels.groups),
        "vectors": labels.vectors.tolist(),
        "counts": labels.counts.tolist(),
    }


def load_labels(bundle: Bundle) -> LabelTable:
    """Return the labels of a bundle's generator.

    Raises:
        WeightsError: The table is damaged.
    """
    table: Any = bundle.config.get("labels")
    if table is None:
        return NO_LABELS
    try:
        groups = groups_from_json(table["groups"])
        vectors, counts = torch.tensor(table["vectors"]), torch.tensor(table["counts"])
    except (TypeError, KeyError, ValueError, FacewrightError) as error:
        raise WeightsError(f"the labels of `{bundle.card.name}` are not understood") from error
    if vectors.shape != (len(counts), sum(len(group.values) for group in groups)):
        raise WeightsError(f"the labels of `{bundle.card.name}` do not fit each other")
    return LabelTable(groups, vectors, counts)


def read_template(bundle: Bundle) -> str | None:
    """Return the alignment template of a bundle's generator; None if unknown."""
    told = bundle.config.get("template")
    return told if isinstance(told, str) else None


def copy_matching(target: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> list[str]:
    """Copy every tensor that the target has by that name and shape.

    Args:
        target: A network; changed in place.
        tensors: The weights of another one.

    Returns:
        The names of the target's tensors that were not copied.
    """
    own = target.state_dict()
    fitting = {k: v for k, v in tensors.items() if k in own and own[k].shape == v.shape}
    target.load_state_dict(fitting, strict=False)
    return [name for name in own if name not in fitting]


def _prefix(name: str, module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return the buffers of a module as tensors of a bundle."""
    return {f"{name}.{key}": tensor for key, tensor in module.named_buffers()}


def _load_beside(bundle: Bundle) -> tuple[Centres | None, QualityScorer | None]:
    """Return centres and scorer of a bundle's generator; None for what it lacks.

    Raises:
        WeightsError: They are damaged.
    """
    found: Any = [bundle.config.get(_CENTRES), bundle.config.get(_SCORER)]
    tensors: Any = [
        {k.partition(".")[2]: x for k, x in bundle.tensors.items() if k.startswith(prefix)}
        for prefix in _OF_W
    ]
    centres = scorer = None
    try:
        if found[0] is not None:
            centres = Centres(_read_parts(found[0]), CentreTensors(**tensors[0]))
        if found[1] is not None:
            reject = float(found[1]["reject"])
            scorer = QualityScorer(_read_parts(found[1]), ScorerTensors(**tensors[1]), reject)
    except (TypeError, KeyError, ValueError) as error:
        raise WeightsError(
            f"what `{bundle.card.name}` says about w is not understood: {error}",
            hint="a newer version of facewright may have written it",
        ) from error
    return centres, scorer


def _read_parts(written: Any) -> Parts:
    """Return which labels make groups."""
    return tuple((int(start), int(end)) for start, end in written["parts"])


def _as_json(fields: dict[str, Any]) -> dict[str, Json]:
    """Return the fields of a configuration with lists in place of tuples."""
    return {key: list(v) if isinstance(v, tuple) else v for key, v in fields.items()}
