"""The differences of a tuned generator, as a bundle.

Pivotal tuning (Roich et al. 2022) changes some tensors of a generator for one face. The bundle
holds the differences of these tensors, and names the generator that they are to be added to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator
from facewright.types import Bundle, Card

KIND = "tuning"

_BASE = "generator"


def pack_tuning(
    generator: Generator, tuned: Generator, card: Card, *, base: Mapping[str, str]
) -> Bundle:
    """Return the differences of a tuned generator from the original.

    Args:
        generator: The original.
        tuned: The tuned generator, of the same configuration.
        card: The card of the differences; its kind is "tuning".
        base: "name" and "sha256" of the original.

    Returns:
        A bundle with the difference of each tensor that changed.

    Raises:
        InputError: The card is of another kind, or the generators differ in more than weights.
    """
    if card.kind != KIND:
        raise InputError(f"the card of a tuning is of the kind `{KIND}`, not `{card.kind}`")
    if generator.config != tuned.config:
        raise InputError("a tuned generator has the configuration of the one that it was")
    was, now = generator.state_dict(), tuned.state_dict()
    changed = {name: now[name] - was[name] for name in was if not now[name].equal(was[name])}
    return Bundle(card, {_BASE: dict(base)}, changed)


def apply_tuning(generator: Generator, tuning: Bundle, *, sha256: str) -> Generator:
    """Add differences to a generator, in place.

    Args:
        generator: The one that was tuned; changed.
        tuning: A bundle from `pack_tuning`.
        sha256: Hash of the generator's file.

    Returns:
        The same generator.

    Raises:
        WeightsError: The bundle is no tuning, one of another generator, or its tensors do not fit.
    """
    name = tuning.card.name
    if tuning.card.kind != KIND:
        raise WeightsError(f"`{name}` is a {tuning.card.kind}, not a {KIND} of a generator")
    told: Any = tuning.config.get(_BASE)
    base = told if isinstance(told, dict) else {}
    if base.get("sha256") != sha256:
        raise WeightsError(
            f"`{name}` changes the generator `{base.get('name')}`, and not this one",
            hint="name the generator that the face was inverted with",
        )
    own = generator.state_dict()
    wrong = [k for k, x in tuning.tensors.items() if k not in own or own[k].shape != x.shape]
    if wrong:
        raise WeightsError(f"the tensors of `{name}` do not fit: {wrong[0]}")
    with torch.no_grad():
        for key, difference in tuning.tensors.items():
            own[key].add_(difference.to(own[key]))
    return generator
