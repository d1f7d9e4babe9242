"""Classify the expression of a face.

A class describes the appearance of a face, as annotators named it: no feeling, no intent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from facewright.device import pick_dtype
from facewright.errors import InputError, WeightsError
from facewright.expressions import compact, xception
from facewright.expressions.compact import CompactConfig, CompactNetwork
from facewright.expressions.xception import MiniXception, XceptionConfig
from facewright.faces.align import align
from facewright.faces.detection.blocks import load_folded
from facewright.types import Bundle, Card, Face, Image, Json

KIND = "expressions"
EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The classes, in the order of FER2013 and of all arrays here."""
TEMPLATE = "expression"
"""Alignment template of the networks."""

Config = CompactConfig | XceptionConfig
Scores = NDArray[np.float32]

NEUTRAL: Scores = np.array([0, 0, 0, 0, 0, 0, 2.5], np.float32)
"""Scores of neutral faces for weights that do not record them: 67 % neutral."""

_BATCH = 64


class Network(Protocol):
    """The interface of both networks."""

    config: Any
    head: Any

    @property
    def features(self) -> int:
        """Number of channels that `describe` returns."""

    def describe(self, x: torch.Tensor) -> torch.Tensor:
        """Return the features of faces [n 1 size size]."""

    def name(self, features: torch.Tensor) -> torch.Tensor:
        """Map the features from `describe` to logits [n 7]."""

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Map [n 1 size size] in [-1, 1] to logits [n 7]."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """A network with its calibration."""

    network: Network
    temperature: float = 1.0
    """Divisor of logits, which calibrates probabilities (Guo et al. 2017)."""
    neutral: Scores = field(default_factory=lambda: NEUTRAL)
    """(7,): mean scores of neutral faces, divided by the temperature."""
    mirrored: bool = True
    """Whether to average the scores of a face and its mirror image."""

    @property
    def size(self) -> int:
        """Side of the network's input in pixels."""
        return int(self.network.config.size)


def build_network(config: Config) -> nn.Module:
    """Return a network with random weights."""
    if isinstance(config, XceptionConfig):
        return MiniXception(config, len(EXPRESSIONS))
    return CompactNetwork(config, len(EXPRESSIONS))


def pack_classifier(
    network: nn.Module, card: Card, *, temperature: float = 1.0, neutral: Scores = NEUTRAL
) -> Bundle:
    """Return a network as a bundle.

    Args:
        network: The network, after `fold_norms`.
        card: Its card; the kind is "expressions".
        temperature: Divisor of its logits.
        neutral: (7,), mean scores of neutral faces.
    """
    config: Any = network.config
    kind = xception.NAME if isinstance(config, XceptionConfig) else compact.NAME
    described: dict[str, Json] = {
        KIND: {"network": kind, **asdict(config)},
        "temperature": temperature,
        "neutral": [round(float(score), 4) for score in neutral],
        "names": list(EXPRESSIONS),
    }
    return Bundle(card, described, network.state_dict())


def load_classifier(bundle: Bundle, device: torch.device | str = "cpu") -> Classifier:
    """Build the classifier of a bundle.

    Args:
        bundle: The bundle to read.
        device: The device to put it on.

    Returns:
        The classifier, in the number format that is fastest on the device.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit.
    """
    network: Any = load_folded(bundle, KIND, _build, device)
    told: Mapping[str, Any] = bundle.config
    try:
        known = told["names"] == list(EXPRESSIONS)
        temperature = float(told["temperature"])
        neutral = np.array(told.get("neutral", NEUTRAL), np.float32).reshape(len(EXPRESSIONS))
    except (KeyError, TypeError, ValueError):
        known, temperature, neutral = False, 0.0, NEUTRAL
    if not known or not temperature > 0:
        raise WeightsError(
            f"`{bundle.card.name}` names other expressions than {', '.join(EXPRESSIONS)}",
            hint="train one: `facewright train expressions --help`",
        )
    network = network.to(pick_dtype(torch.device(device)))
    return Classifier(network, temperature, neutral)


def read_keras(bundle: Bundle) -> Bundle | None:
    """Convert a mini-Xception of Keras to a bundle that `load_classifier` reads.

    Args:
        bundle: A bundle of the kind "keras", from `models import`.

    Returns:
        The new bundle; None if this is another model.

    Raises:
        WeightsError: It is a mini-Xception that differs from the published ones.
    """
    if bundle.card.kind != "keras" or not xception.is_xception(bundle.tensors):
        return None
    network = xception.from_keras(bundle.tensors, _find_size(bundle.config))
    if network.head.out_channels != len(EXPRESSIONS):
        return None
    return pack_classifier(network, replace(bundle.card, kind=KIND))


@torch.inference_mode()
def score_crops(classifier: Classifier, crops: Sequence[Image] | NDArray[np.uint8]) -> Scores:
    """Compute the scores of aligned faces.

    Args:
        classifier: From `load_classifier`.
        crops: (n, h, w) in grey or (n, h, w, 3), cut by the template "expression".

    Returns:
        (n, 7), logits divided by the temperature: the softmax of a row gives probabilities.
    """
    size = classifier.size
    scores = np.zeros((len(crops), len(EXPRESSIONS)), np.float32)
    device = next(iter(classifier.network.head.parameters())).device
    for first in range(0, len(crops), _BATCH):
        squares = np.stack([_shrink(crop, size) for crop in crops[first : first + _BATCH]])
        x = torch.from_numpy(squares).to(device)[:, None].float() / 127.5 - 1  # [n 1 s s]
        if classifier.mirrored:
            both = classifier.network(torch.cat([x, x.flip(3)]))  # [2n 7]
            logits = (both[: len(x)] + both[len(x) :]) / 2
        else:
            logits = classifier.network(x)
        scores[first : first + _BATCH] = logits.float().cpu().numpy() / classifier.temperature
    return scores


def score_faces(classifier: Classifier, image: Image, faces: Sequence[Face]) -> Scores:
    """Compute the logits of the faces in a picture.

    Args:
        classifier: From `load_classifier`.
        image: (height, width, 3).
        faces: Detected faces in it.

    Returns:
        (n, 7), as `score_crops` returns them.
    """
    size = classifier.size
    crops = [align(image, face.points, template=TEMPLATE, size=size).image for face in faces]
    return score_crops(classifier, crops)


def to_probabilities(scores: Scores) -> Scores:
    """Convert logits (n, 7) to probabilities (n, 7), whose sum is 1."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Scores = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def describe_scores(probabilities: Scores) -> dict[str, float]:
    """Return expression → probability of one face (7,), rounded."""
    if probabilities.shape != (len(EXPRESSIONS),):
        raise InputError(f"a face has {len(EXPRESSIONS)} probabilities, not {probabilities.shape}")
    return {n: round(float(p), 4) for n, p in zip(EXPRESSIONS, probabilities, strict=True)}


def _build(fields: dict[str, Any]) -> nn.Module:
    """Build a network from its configuration in a bundle."""
    fields = dict(fields)
    kinds: Mapping[str, type[Config]] = {compact.NAME: CompactConfig, xception.NAME: XceptionConfig}
    kind = fields.pop("network")
    if kind not in kinds:
        raise ValueError(f"no network is called `{kind}`")
    return build_network(kinds[kind](**fields))


def _find_size(config: Mapping[str, Any]) -> int:
    """Return the input size of a Keras model; 64 if it is not recorded."""
    try:
        shape = config["keras"]["config"]["layers"][0]["config"]["batch_input_shape"]
        return int(shape[1])
    except (KeyError, IndexError, TypeError, ValueError):
        return XceptionConfig().size


def _shrink(crop: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return a square in grey, resized for a network."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) if crop.ndim == 3 else crop
    if grey.shape == (size, size):
        return np.asarray(grey, np.uint8)
    way = cv2.INTER_AREA if min(grey.shape) >= size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (size, size), interpolation=way), np.uint8)
