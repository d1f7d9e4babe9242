"""Build the network of a bundle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import nn

from facewright.errors import FacewrightError, WeightsError
from facewright.types import Bundle

T = TypeVar("T")
_Network = TypeVar("_Network", bound=nn.Module)


def from_config(bundle: Bundle, kind: str, build: Callable[[dict[str, Any]], T]) -> T:
    """Return what is built from the configuration of a bundle.

    Args:
        bundle: From `hub`.
        kind: What it must be; the configuration has its name, too.
        build: Takes the fields of the configuration.

    Raises:
        WeightsError: The bundle holds something else, or its configuration is incomplete or
            unknown.
    """
    name, fields = bundle.card.name, bundle.config.get(kind)
    if bundle.card.kind != kind:
        raise WeightsError(
            f"`{name}` is of the kind {bundle.card.kind}, not {kind}",
            hint=f"`facewright models list` shows which weights are of the kind {kind}",
        )
    told: Any = fields
    try:
        return build({k: tuple(v) if isinstance(v, list) else v for k, v in told.items()})
    except (AttributeError, TypeError, ValueError, FacewrightError) as error:
        raise WeightsError(
            f"the configuration of `{name}` is not understood: {error}",
            hint="a newer version of facewright may have written it",
        ) from error


def load_network(
    bundle: Bundle,
    kind: str,
    build: Callable[[dict[str, Any]], _Network],
    device: torch.device | str,
) -> _Network:
    """Build the network of a bundle.

    Args:
        bundle: From `hub`.
        kind: What it must be; the configuration has its name, too.
        build: Makes the network of its configuration.
        device: Where to put it.

    Returns:
        The network, float32, channels last, for inference.

    Raises:
        WeightsError: The bundle holds something else, or its tensors do not fit.
    """
    network = from_config(bundle, kind, build)
    try:
        network.load_state_dict({key: tensor.float() for key, tensor in bundle.tensors.items()})
    except RuntimeError as error:
        raise WeightsError(f"the tensors of `{bundle.card.name}` do not fit: {error}") from error
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval().requires_grad_(requires_grad=False)
