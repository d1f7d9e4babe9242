"""Make faces of people who don't exist, and work on faces one has the right to use.

```text
 file ──► Image ──► [Face] ──► Crop ──► Latents ──► Latents ──► Crop ──► Image ──► signed file
  media    faces      faces    latents    latents      gan       faces    provenance
  decode   detect     align    invert      edit      synthesize  paste     publish
```

Every arrow is one function, every noun one core type, every package name appears once.
"""

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from facewright.threads import prepare_threads
from facewright.version import __version__

prepare_threads(os.environ, sys.modules.get("torch"))  # before anything here loads PyTorch

if TYPE_CHECKING:
    from facewright.errors import FacewrightError
    from facewright.media.decode import read_image
    from facewright.pipelines.configs import (
        ConvertConfig,
        EnhanceConfig,
        ReadingConfig,
        SwapConfig,
        ToonConfig,
    )
    from facewright.pipelines.draw.edit import EditPipeline, RestylePipeline
    from facewright.pipelines.draw.generate import (
        GeneratePipeline,
        InterpolatePipeline,
        MixPipeline,
        Sampling,
    )
    from facewright.pipelines.draw.invert import InvertPipeline
    from facewright.pipelines.find import FindPipeline
    from facewright.pipelines.inputs import read_clip
    from facewright.pipelines.load import load
    from facewright.pipelines.photos.convert import ConvertPipeline
    from facewright.pipelines.photos.emoji import EmojiPipeline, EmojiResult
    from facewright.pipelines.photos.enhance import EnhancePipeline
    from facewright.pipelines.photos.expressions import ExpressionsPipeline, ExpressionsResult
    from facewright.pipelines.photos.morph import MorphPipeline
    from facewright.pipelines.photos.swap import SwapPipeline
    from facewright.pipelines.photos.toonify import ToonifyPipeline
    from facewright.pipelines.result import ClipResult, LatentsResult, Result
    from facewright.provenance.publish import read_manifest
    from facewright.types import Bundle, Card, Clip, Crop, Face, Image, Latents, Manifest

__all__ = [
    "Bundle",
    "Card",
    "Clip",
    "ClipResult",
    "ConvertConfig",
    "ConvertPipeline",
    "Crop",
    "EditPipeline",
    "EmojiPipeline",
    "EmojiResult",
    "EnhanceConfig",
    "EnhancePipeline",
    "ExpressionsPipeline",
    "ExpressionsResult",
    "Face",
    "FacewrightError",
    "FindPipeline",
    "GeneratePipeline",
    "Image",
    "InterpolatePipeline",
    "InvertPipeline",
    "Latents",
    "LatentsResult",
    "Manifest",
    "MixPipeline",
    "MorphPipeline",
    "ReadingConfig",
    "RestylePipeline",
    "Result",
    "Sampling",
    "SwapConfig",
    "SwapPipeline",
    "ToonConfig",
    "ToonifyPipeline",
    "__version__",
    "load",
    "read_clip",
    "read_image",
    "read_manifest",
]

# Public name → the module it lives in. Loaded at first use, so that the import costs milliseconds.
_HOMES = {
    "ConvertConfig": "facewright.pipelines.configs",
    "EnhanceConfig": "facewright.pipelines.configs",
    "ReadingConfig": "facewright.pipelines.configs",
    "ToonConfig": "facewright.pipelines.configs",
    "ConvertPipeline": "facewright.pipelines.photos.convert",
    "EnhancePipeline": "facewright.pipelines.photos.enhance",
    "ExpressionsPipeline": "facewright.pipelines.photos.expressions",
    "ToonifyPipeline": "facewright.pipelines.photos.toonify",
    "EmojiPipeline": "facewright.pipelines.photos.emoji",
    "ExpressionsResult": "facewright.pipelines.photos.expressions",
    "EmojiResult": "facewright.pipelines.photos.emoji",
    "Bundle": "facewright.types",
    "Card": "facewright.types",
    "Clip": "facewright.types",
    "ClipResult": "facewright.pipelines.result",
    "Crop": "facewright.types",
    "EditPipeline": "facewright.pipelines.draw.edit",
    "Face": "facewright.types",
    "FacewrightError": "facewright.errors",
    "FindPipeline": "facewright.pipelines.find",
    "GeneratePipeline": "facewright.pipelines.draw.generate",
    "Image": "facewright.types",
    "InterpolatePipeline": "facewright.pipelines.draw.generate",
    "InvertPipeline": "facewright.pipelines.draw.invert",
    "Latents": "facewright.types",
    "LatentsResult": "facewright.pipelines.result",
    "Manifest": "facewright.types",
    "MixPipeline": "facewright.pipelines.draw.generate",
    "MorphPipeline": "facewright.pipelines.photos.morph",
    "RestylePipeline": "facewright.pipelines.draw.edit",
    "Result": "facewright.pipelines.result",
    "Sampling": "facewright.pipelines.draw.generate",
    "SwapConfig": "facewright.pipelines.configs",
    "SwapPipeline": "facewright.pipelines.photos.swap",
    "load": "facewright.pipelines.load",
    "read_clip": "facewright.pipelines.inputs",
    "read_image": "facewright.media.decode",
    "read_manifest": "facewright.provenance.publish",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module it lives in (PEP 562).

    Raises:
        AttributeError: The name is not public here.
    """
    if name not in _HOMES:
        raise AttributeError(f"module `facewright` has no attribute `{name}`")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
