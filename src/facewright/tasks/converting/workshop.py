"""Open what converts: a translator, and the networks that find faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.convert.apply.faces import FaceConverter, Framing
from facewright.convert.apply.whole import convert_whole
from facewright.convert.generators import TranslatorConfig, check_size
from facewright.convert.weights import load_translator, read_size, read_template
from facewright.device import configure_cuda, pick_device, pick_dtype
from facewright.enhance.chain import enhance_image
from facewright.errors import InputError
from facewright.hub.store import Progress
from facewright.pipelines.weights import open_weights
from facewright.tasks.converting.options import ConvertOptions, read_way
from facewright.tasks.lookout import Lookout, open_lookout
from facewright.types import Bundle, Image

Convert: TypeAlias = Callable[[Image, Sequence[NDArray[np.float32]], Sequence[float]], list[Image]]
"""Makes a picture for each strength out of one, given the meshes of its faces."""

_USUAL = 256  # pixels, for translators that do not say


@dataclass(frozen=True, slots=True)
class Workshop:
    """What converts, and what a manifest says about it."""

    convert: Convert
    lookout: Lookout | None
    """What finds faces; None where whole pictures are converted."""
    models: dict[str, str]
    """Name of the weights → sha256."""
    way: str
    """The weights and the direction, as --with names them."""
    device: torch.device
    dtype: torch.dtype


def open_workshop(options: ConvertOptions, progress: Progress | None = None) -> Workshop:
    """Load a translator, and the networks that find faces where they are needed.

    Args:
        options: Which.
        progress: Called with how far a download of weights is.

    Returns:
        What converts.

    Raises:
        InputError: There is no such direction or device, or the translator takes other sizes than
            it says.
        WeightsError: There are no such weights, or they are no translator.
    """
    name, _ = read_way(options.with_)
    bundle, device = open_weights(name, progress), pick_device(options.device)
    lookout = None
    if not options.whole:
        lookout = open_lookout(options.device, progress, finder=options.finder, mesh=options.mesh)
    configure_cuda(device, repeatable=True)
    return equip(bundle, lookout, options, device)


def equip(
    bundle: Bundle, lookout: Lookout | None, options: ConvertOptions, device: torch.device
) -> Workshop:
    """Return what converts with networks that are loaded.

    Args:
        bundle: The translator.
        lookout: What finds faces.
        options: How to convert.
        device: Where to compute.
    """
    _, direction = read_way(options.with_)
    dtype = pick_dtype(device, options.precision)
    translator = load_translator(bundle, direction, device).to(dtype)
    framing = Framing(read_template(bundle), read_size(bundle) or _USUAL)
    finish = enhance_image if options.enhance else None

    def convert_all(
        image: Image, _faces: Sequence[NDArray[np.float32]], strengths: Sequence[float]
    ) -> list[Image]:
        return convert_whole(translator, image, strengths, dtype=dtype, finish=finish)

    convert: Convert = convert_all
    if lookout is not None:
        check_framing(bundle, framing, translator.config)
        convert = FaceConverter(translator, framing, dtype=dtype, finish=finish).convert
    models = {bundle.card.name: bundle.card.sha256} | (lookout.models if lookout else {})
    way = bundle.card.name + (f":{direction}" if direction else "")
    return Workshop(convert, lookout, models, way, device, dtype)


def check_framing(bundle: Bundle, framing: Framing, config: TranslatorConfig) -> None:
    """Raise InputError if a translator cannot take the crops that it was trained on."""
    try:
        check_size(config, framing.size, framing.size)
    except InputError as error:
        raise InputError(f"`{bundle.card.name}`: {error}", hint=error.hint) from error
