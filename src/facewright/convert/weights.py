"""Translators as bundles: both directions in one, each under its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import torch

from facewright.convert.generators import Translator, TranslatorConfig
from facewright.errors import InputError, WeightsError
from facewright.faces.templates import TEMPLATES
from facewright.hub.networks import from_config
from facewright.types import Bundle, Card, Json

KIND = "translator"
REVERSE = "reverse"
"""Suffix of the name of the direction from B to A, after a colon."""

TEMPLATE = "tight"
"""Default alignment template of translators."""

_FORWARD = "forward"  # prefix of tensors


def pack_translators(
    name: str,
    forward: Translator,
    reverse: Translator,
    card: Card,
    *,
    size: int,
    template: str = TEMPLATE,
) -> Bundle:
    """Return the translators of both directions as one bundle.

    Args:
        name: Name of the direction from A to B, such as "ageing"; the other is "ageing:reverse".
        forward: The translator from A to B; its weights are not copied.
        reverse: The translator from B to A, of the same configuration.
        card: The card; its kind is "translator".
        size: Height and width of the training pictures in pixels.
        template: Alignment template of the training pictures.

    Raises:
        InputError: The name is empty or has a colon, the card is of another kind, or the
            configurations differ.
    """
    if card.kind != KIND:
        raise InputError(f"the card of translators is of the kind `{KIND}`, not `{card.kind}`")
    if forward.config != reverse.config:
        raise InputError("both directions of a translator are built alike")
    check_name(name)
    tensors = {
        f"{way}.{key}": tensor
        for way, network in ((_FORWARD, forward), (REVERSE, reverse))
        for key, tensor in network.state_dict().items()
    }
    config: dict[str, Json] = {
        "translator": asdict(forward.config),
        "directions": [name, f"{name}:{REVERSE}"],
        "size": size,
        "template": template,
    }
    return Bundle(card, config, tensors)


def check_name(name: str) -> None:
    """Raise unless a direction can have this name.

    Raises:
        InputError: It is empty or has a colon.
    """
    if not name.strip() or ":" in name:
        raise InputError(
            f"a translator cannot be called `{name}`",
            hint="--name takes a word such as ageing; the way back is ageing:reverse by itself",
        )


def list_directions(bundle: Bundle) -> tuple[str, ...]:
    """Return the names of the directions of a bundle, that from A to B first.

    A translator of another project has one direction, with the name of its card.

    Raises:
        WeightsError: The bundle holds something else.
    """
    name = bundle.card.name
    if bundle.card.kind != KIND:
        raise WeightsError(
            f"`{name}` is a {bundle.card.kind}, not a translator",
            hint="`facewright models list` shows which weights are translators",
        )
    directions = bundle.config.get("directions")
    if directions is None:
        return (name,)
    if not isinstance(directions, list) or len(directions) != 2:
        raise WeightsError(f"the directions of `{name}` are not understood")
    return tuple(str(direction) for direction in directions)


def load_translator(
    bundle: Bundle, direction: str = "", device: torch.device | str = "cpu"
) -> Translator:
    """Build the translator of one direction of a bundle.

    Args:
        bundle: The bundle to read.
        direction: One of `list_directions`, or "reverse" for short; empty is the one from A to B.
        device: The device to put it on.

    Returns:
        The translator, float32, for inference.

    Raises:
        InputError: There is no such direction.
        WeightsError: The bundle holds something else, or its tensors do not fit its configuration.
    """
    known = list_directions(bundle)
    wanted = direction or known[0]
    places = [n for n, one in enumerate(known) if wanted in {one, (_FORWARD, REVERSE)[n]}]
    if not places:
        raise InputError(
            f"`{bundle.card.name}` has no direction called `{direction}`",
            hint=f"one of: {', '.join(known)}",
        )
    translator = Translator(read_config(bundle))
    prefix = f"{(_FORWARD, REVERSE)[places[0]]}." if len(known) > 1 else ""
    try:
        translator.load_state_dict(_pick(bundle.tensors, prefix))
    except RuntimeError as error:
        raise WeightsError(f"the tensors of `{bundle.card.name}` do not fit: {error}") from error
    return translator.to(device).eval().requires_grad_(False)


def read_config(bundle: Bundle) -> TranslatorConfig:
    """Return the configuration of the translators of a bundle.

    Raises:
        WeightsError: The configuration is incomplete or unknown.
    """
    return from_config(bundle, KIND, lambda fields: TranslatorConfig(**fields))


def read_size(bundle: Bundle) -> int | None:
    """Return the size of the training pictures of translators; None if unknown."""
    size = bundle.config.get("size")
    return size if isinstance(size, int) else None


def read_template(bundle: Bundle) -> str:
    """Return the alignment template of the translators of a bundle.

    Raises:
        WeightsError: The template is unknown.
    """
    template = bundle.config.get("template", TEMPLATE)
    if template not in TEMPLATES:
        raise WeightsError(
            f"`{bundle.card.name}` aligns faces by `{template}`, which is not known",
            hint="a newer version of facewright may have written it",
        )
    return str(template)


def _pick(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the tensors of one direction in float32, under their own names."""
    return {
        name.removeprefix(prefix): x.float() if x.is_floating_point() else x
        for name, x in tensors.items()
        if name.startswith(prefix)
    }
