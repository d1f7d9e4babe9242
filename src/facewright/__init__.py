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

if TYPE_CHECKING:
    from facewright.errors import FacewrightError
    from facewright.types import Bundle, Card, Clip, Crop, Face, Image, Latents, Manifest

__version__ = "0.1.0"

__all__ = [
    "Bundle",
    "Card",
    "Clip",
    "Crop",
    "Face",
    "FacewrightError",
    "Image",
    "Latents",
    "Manifest",
    "__version__",
]

# Public name → the module it lives in. Loaded at first use, so that the import costs milliseconds.
_HOMES = {
    "Bundle": "facewright.types",
    "Card": "facewright.types",
    "Clip": "facewright.types",
    "Crop": "facewright.types",
    "Face": "facewright.types",
    "FacewrightError": "facewright.errors",
    "Image": "facewright.types",
    "Latents": "facewright.types",
    "Manifest": "facewright.types",
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
