"""What all pipelines share: device, number format, weights, and how a result came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import torch

from facewright.device import configure_cuda, name_device, pick_device, pick_dtype
from facewright.hub.store import Progress
from facewright.pipelines.consent import GENERATED
from facewright.pipelines.weights import open_weights
from facewright.types import Bundle, Json, Manifest, Precision
from facewright.version import __version__


class Pipeline:
    """The networks of one verb. Weights are loaded when they are first needed, and then kept.

    Attributes:
        verb: The name of the verb, as on the command line.
        weights: The name or file of the main network; None is what ships with the package.
        device: Where it computes.
        dtype: Number format of the convolutions, where the network has a choice.
    """

    verb: ClassVar[str]

    def __init__(
        self,
        weights: str | None = None,
        *,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
        progress: Progress | None = None,
    ) -> None:
        """Choose weights and device; nothing is loaded yet.

        Args:
            weights: A name that `facewright models list` shows, or a file; None is the default.
            device: "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:1".
            dtype: "auto" (bfloat16 where the processor multiplies it natively, else float32),
                "float32", "bfloat16" or "float16".
            progress: Called with the bytes so far and the bytes in all while weights are fetched.

        Raises:
            InputError: There is no such device or number format.
        """
        self.weights, self.progress = weights, progress
        self.device = device if isinstance(device, torch.device) else pick_device(device)
        self.dtype = dtype if isinstance(dtype, torch.dtype) else pick_dtype(self.device, dtype)
        configure_cuda(self.device, repeatable=True)

    @classmethod
    def from_pretrained(
        cls,
        weights: str | None = None,
        *,
        device: str | torch.device = "auto",
        dtype: Precision | torch.dtype = "auto",
    ) -> Self:
        """Return the pipeline with some weights; the arguments are those of the constructor."""
        return cls(weights, device=device, dtype=dtype)

    def open(self, name: str) -> Bundle:
        """Read weights by name or file, fetched first if need be."""
        return open_weights(name, self.progress)


def hashes(*bundles: Bundle | None) -> dict[str, str]:
    """Return the name of each bundle → sha256 of its file, as manifests list them."""
    return {one.card.name: one.card.sha256 for one in bundles if one is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """What went into a result beside the parameters of the call."""

    models: Mapping[str, str] = field(default_factory=dict)
    """Name of each set of weights → sha256."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Role and name of each picture, such as "face/me.jpg" → sha256."""
    seeds: tuple[int, ...] = ()
    consent: str | None = None
    """Who agreed to what; empty where nobody did, though somebody real may be shown; None where
    nobody is shown."""

    def __or__(self, other: Ingredients) -> Ingredients:
        """Join what two sources bring."""
        return Ingredients(
            models={**self.models, **other.models},
            sources={**self.sources, **other.sources},
            seeds=self.seeds + other.seeds,
            consent=join_consents(self.consent, other.consent),
        )


def join_consents(*consents: str | None) -> str | None:
    """Return what several consents come to: one that is missing counts for all.

    >>> join_consents("generated", None, "self"), join_consents("generated", "")
    ('self', '')
    """
    said = [text for text in consents if text is not None]
    if not said or "" in said:
        return "" if said else None
    real = [text for text in dict.fromkeys(said) if text != GENERATED]
    return "; ".join(real) or GENERATED


def build_manifest(
    verb: str, parameters: Mapping[str, Json], used: Ingredients, device: torch.device
) -> Manifest:
    """Record how a result came about: the only place where manifests are made.

    Args:
        verb: The name of the command.
        parameters: Option → the value that it had.
        used: Weights, pictures, seeds and consent.
        device: Where it was computed.
    """
    return Manifest(
        task=verb,
        parameters=parameters,
        seeds=used.seeds,
        models=used.models,
        sources=used.sources,
        consent=used.consent or "",
        version=__version__,
        torch=torch.__version__,
        device=name_device(device),
    )
