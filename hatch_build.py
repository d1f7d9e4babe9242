"""Choose which weights a wheel holds; the catalog says which are inside the package.

The wheel of `facewright` holds those marked `inside`, that of `facewright-weights` all the others,
under the names by which caches and mirrors know them. Both are built from one tree by `make dist`.
"""

import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HUB = Path(__file__).parent / "src" / "facewright" / "hub"


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
