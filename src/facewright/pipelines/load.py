"""Load the pipeline of a verb by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, overload

from facewright.errors import InputError

if TYPE_CHECKING:
    import torch

    from facewright.pipelines.draw.edit import EditPipeline, RestylePipeline
    from facewright.pipelines.draw.generate import (
        GeneratePipeline,
        InterpolatePipeline,
        MixPipeline,
    )
    from facewright.pipelines.draw.invert import InvertPipeline
    from facewright.pipelines.find import FindPipeline
    from facewright.pipelines.photos.convert import ConvertPipeline
    from facewright.pipelines.photos.emoji import EmojiPipeline
    from facewright.pipelines.photos.enhance import EnhancePipeline
    from facewright.pipelines.photos.expressions import ExpressionsPipeline
    from facewright.pipelines.photos.morph import MorphPipeline
    from facewright.pipelines.photos.swap import SwapPipeline
    from facewright.pipelines.photos.toonify import ToonifyPipeline
    from facewright.types import Precision

_PIPELINES = {
    "generate": "draw.generate:GeneratePipeline",
    "mix": "draw.generate:MixPipeline",
    "interpolate": "draw.generate:InterpolatePipeline",
    "invert": "draw.invert:InvertPipeline",
    "edit": "draw.edit:EditPipeline",
    "restyle": "draw.edit:RestylePipeline",
    "find": "find:FindPipeline",
    "swap": "photos.swap:SwapPipeline",
    "morph": "photos.morph:MorphPipeline",
    "convert": "photos.convert:ConvertPipeline",
    "enhance": "photos.enhance:EnhancePipeline",
    "expressions": "photos.expressions:ExpressionsPipeline",
    "toonify": "photos.toonify:ToonifyPipeline",
    "emoji": "photos.emoji:EmojiPipeline",
}
"""Verb → module and class, imported on use."""

VERBS = tuple(_PIPELINES)
"""The verbs that `load` takes."""


@overload
def load(
    verb: Literal["generate"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> GeneratePipeline: ...


@overload
def load(
    verb: Literal["mix"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> MixPipeline: ...


@overload
def load(
    verb: Literal["interpolate"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> InterpolatePipeline: ...


@overload
def load(
    verb: Literal["invert"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> InvertPipeline: ...


@overload
def load(
    verb: Literal["edit"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> EditPipeline: ...


@overload
def load(
    verb: Literal["restyle"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> RestylePipeline: ...


@overload
def load(
    verb: Literal["find"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> FindPipeline: ...


@overload
def load(
    verb: Literal["swap"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> SwapPipeline: ...


@overload
def load(
    verb: Literal["morph"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> MorphPipeline: ...


@overload
def load(
    verb: Literal["convert"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> ConvertPipeline: ...


@overload
def load(
    verb: Literal["enhance"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> EnhancePipeline: ...


@overload
def load(
    verb: Literal["expressions"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> ExpressionsPipeline: ...


@overload
def load(
    verb: Literal["toonify"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> ToonifyPipeline: ...


@overload
def load(
    verb: Literal["emoji"],
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> EmojiPipeline: ...


def load(
    verb: str,
    weights: str | None = None,
    *,
    device: str | torch.device = "auto",
    dtype: Precision | torch.dtype = "auto",
) -> Any:
    """Return the pipeline of a verb.

    Args:
        verb: One of `VERBS`, such as "generate" or "swap".
        weights: A name that `facewright models list` shows, or a file; None is the default.
        device: "auto" (the first GPU, else the CPU), "cpu", "cuda" or "cuda:1".
        dtype: Number format of the convolutions: "auto", "float32", "bfloat16" or "float16".

    Returns:
        A pipeline, which loads its weights at the first call.

    Raises:
        InputError: There is no such verb, device or number format.
    """
    if verb not in _PIPELINES:
        raise InputError(f"no pipeline is called `{verb}`", hint=f"one of: {', '.join(VERBS)}")
    module, _, name = _PIPELINES[verb].partition(":")
    pipeline = getattr(import_module(f"facewright.pipelines.{module}"), name)
    return pipeline(weights, device=device, dtype=dtype)
