"""Choose the refiner for a generator, which enlarges its faces."""

from __future__ import annotations

from facewright.errors import InputError
from facewright.gan.weights import read_template
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.pipelines.weights import open_weights
from facewright.refine.network import KIND, read_config
from facewright.types import Bundle

AUTO, NONE = "auto", "none"
"""Names of choices instead of a refiner: the one for the generator, or none."""


def pick_refiner(
    name: str, generator: Bundle, resolution: int, progress: Progress | None = None
) -> Bundle | None:
    """Return the weights of the refiner for a generator; None for none.

    Args:
        name: A name or a file; "auto" is the one that ships for such faces, if any, "none" is
            none.
        generator: The weights of the generator, which have its template.
        resolution: Width and height of its pictures in pixels.
        progress: Called with the bytes so far and in all during a download.

    Raises:
        InputError: The refiner takes faces of another size or template.
        WeightsError: There are no such weights, or they are no refiner.
    """
    if name == NONE:
        return None
    template = read_template(generator) or ""
    if name != AUTO:
        bundle = open_weights(name, progress)
        config = read_config(bundle)
        if (config.template, config.resolution) != (template, resolution):
            raise InputError(
                f"the refiner `{name}` takes faces of {config.resolution} pixels that are cut as "
                f"{config.template}; `{generator.card.name}` draws others",
                hint=f'name one that was made for such faces, or "{NONE}"',
            )
        return bundle
    shipped = [n for n, one in known_cards().items() if one.card.kind == KIND and one.file]
    for bundle in (open_weights(one, progress) for one in shipped):
        config = read_config(bundle)
        if (config.template, config.resolution) == (template, resolution):
            return bundle
    return None
