"""Pick the network that draws the faces of a generator above the size that it draws itself."""

from __future__ import annotations

from facewright.errors import InputError
from facewright.gan.weights import read_template
from facewright.hub.cards import known_cards
from facewright.hub.store import Progress
from facewright.pipelines.weights import open_weights
from facewright.refine.network import KIND, read_config
from facewright.types import Bundle

AUTO, NONE = "auto", "none"
"""What to name instead of a refiner: the one that suits the generator, or none."""


def pick_refiner(
    name: str, generator: Bundle, resolution: int, progress: Progress | None = None
) -> Bundle | None:
    """Return the weights of the refiner that suits a generator.

    Args:
        name: A name or a file; "auto" is the one that ships for such faces, if one does, "none" is
            none.
        generator: Its weights, which say how its faces are cut.
        resolution: Width and height of what it draws.
        progress: Called with the bytes so far and in all while weights are fetched.

    Raises:
        InputError: The refiner was made for other faces.
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
