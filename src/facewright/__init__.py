"""Make faces of people who don't exist, and work on faces one has the right to use.

```text
 file ──► Image ──► [Face] ──► Crop ──► Latents ──► Latents ──► Crop ──► Image ──► signed file
  media    faces      faces     encode     gan         gan        faces     provenance
  decode   detect     align     invert     edit        sample     paste     publish
```

Every arrow is one function, every noun one core type, every package name appears once.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from facewright.version import __version__

if TYPE_CHECKING:
    from facewright.errors import FacewrightError
    from facewright.gan.plan import TrainOptions
    from facewright.tasks.casting import SwapFacesOptions
    from facewright.tasks.emoji.options import EmojiOptions
    from facewright.tasks.emoji.pack import make_emoji
    from facewright.tasks.enhancing.options import EnhanceOptions
    from facewright.tasks.enhancing.pictures import enhance_pictures
    from facewright.tasks.evaluation import EvaluateOptions, evaluate_generator
    from facewright.tasks.expressions.instruments import ExpressionOptions
    from facewright.tasks.expressions.reading import read_expressions
    from facewright.tasks.finding import FindOptions, find_faces
    from facewright.tasks.inverting.files import InvertOptions, invert_photos
    from facewright.tasks.manifests import show_file
    from facewright.tasks.morphing import MorphOptions, morph_pictures
    from facewright.tasks.pictures import (
        GenerateOptions,
        InterpolateOptions,
        MixOptions,
        generate_faces,
        interpolate_faces,
        mix_faces,
    )
    from facewright.tasks.remake import remake_file
    from facewright.tasks.steering.editing import EditOptions, edit_face
    from facewright.tasks.steering.restyling import RestyleOptions, restyle_face
    from facewright.tasks.swapping import swap_faces
    from facewright.tasks.training import train_generator
    from facewright.types import Bundle, Card, Clip, Crop, Face, Image, Latents, Manifest

__all__ = [
    "Bundle",
    "Card",
    "Clip",
    "Crop",
    "EditOptions",
    "EmojiOptions",
    "EnhanceOptions",
    "EvaluateOptions",
    "ExpressionOptions",
    "Face",
    "FacewrightError",
    "FindOptions",
    "GenerateOptions",
    "Image",
    "InterpolateOptions",
    "InvertOptions",
    "Latents",
    "Manifest",
    "MixOptions",
    "MorphOptions",
    "RestyleOptions",
    "SwapFacesOptions",
    "ToonifyOptions",
    "TrainOptions",
    "__version__",
    "edit_face",
    "enhance_pictures",
    "evaluate_generator",
    "find_faces",
    "generate_faces",
    "interpolate_faces",
    "invert_photos",
    "make_emoji",
    "mix_faces",
    "morph_pictures",
    "read_expressions",
    "remake_file",
    "restyle_face",
    "show_file",
    "swap_faces",
    "toonify_faces",
    "train_generator",
]

# Public name → the module it lives in. Loaded at first use, so that the import costs milliseconds.
_HOMES = {
    "Bundle": "facewright.types",
    "Card": "facewright.types",
    "Clip": "facewright.types",
    "Crop": "facewright.types",
    "EditOptions": "facewright.tasks.steering.editing",
    "EmojiOptions": "facewright.tasks.emoji.options",
    "EnhanceOptions": "facewright.tasks.enhancing.options",
    "EvaluateOptions": "facewright.tasks.evaluation",
    "ExpressionOptions": "facewright.tasks.expressions.instruments",
    "Face": "facewright.types",
    "FacewrightError": "facewright.errors",
    "FindOptions": "facewright.tasks.finding",
    "GenerateOptions": "facewright.tasks.pictures",
    "Image": "facewright.types",
    "InterpolateOptions": "facewright.tasks.pictures",
    "InvertOptions": "facewright.tasks.inverting.files",
    "Latents": "facewright.types",
    "Manifest": "facewright.types",
    "MixOptions": "facewright.tasks.pictures",
    "MorphOptions": "facewright.tasks.morphing",
    "RestyleOptions": "facewright.tasks.steering.restyling",
    "SwapFacesOptions": "facewright.tasks.casting",
    "ToonifyOptions": "facewright.tasks.toonifying.casting",
    "TrainOptions": "facewright.gan.plan",
    "edit_face": "facewright.tasks.steering.editing",
    "enhance_pictures": "facewright.tasks.enhancing.pictures",
    "evaluate_generator": "facewright.tasks.evaluation",
    "find_faces": "facewright.tasks.finding",
    "generate_faces": "facewright.tasks.pictures",
    "interpolate_faces": "facewright.tasks.pictures",
    "invert_photos": "facewright.tasks.inverting.files",
    "make_emoji": "facewright.tasks.emoji.pack",
    "mix_faces": "facewright.tasks.pictures",
    "morph_pictures": "facewright.tasks.morphing",
    "read_expressions": "facewright.tasks.expressions.reading",
    "remake_file": "facewright.tasks.remake",
    "restyle_face": "facewright.tasks.steering.restyling",
    "show_file": "facewright.tasks.manifests",
    "swap_faces": "facewright.tasks.swapping",
    "toonify_faces": "facewright.tasks.toonifying.toonify",
    "train_generator": "facewright.tasks.training",
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
