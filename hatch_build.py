"""Choose which weights a wheel holds; the catalog says which are inside the package.

The wheel of `facewright` holds those marked `inside`, that of `facewright-weights` all the others,
under the names by which caches and mirrors know them. What is not in the catalog, the small
models of heads, is in that of `facewright`. Both are built from one tree by `make dist`.
"""

import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = Path(__file__).parent / "src" / "facewright"
HUB = PACKAGE / "hub"
HEADS = "toon/heads/model"


class WeightsBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds weights to a wheel. A clone that is installed as editable has all of them anyway."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say which files are added, and what they are called there."""
        if version == "editable":
            return
        catalog = tomllib.loads((HUB / "catalog.toml").read_text(encoding="utf-8"))
        apart = self.metadata.name == "facewright-weights"
        for entry in catalog["weights"]:
            if "file" not in entry or entry.get("inside", False) == apart:
                continue
            stored = f"{entry['name']}-{entry['sha256'][:12]}.safetensors"
            inside = f"facewright/hub/starter/{entry['file']}"
            name = f"facewright_weights/{stored}" if apart else inside
            build_data["force_include"][str(HUB / "starter" / entry["file"])] = name
        for path in [] if apart else sorted((PACKAGE / HEADS).glob("*.safetensors")):
            build_data["force_include"][str(path)] = f"facewright/{HEADS}/{path.name}"
