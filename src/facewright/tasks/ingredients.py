"""Find the files again that went into a file, by what its manifest says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from facewright.errors import FileError
from facewright.hub.bundle import file_sha256
from facewright.pipelines.photos.swap import PREFIX
from facewright.types import Manifest

ROLES = ("face", "style", "body", "pictures", "picture", "photo")
"""Parameters of a manifest that name files or seeds, in the order in which a task takes them."""


def find_ingredients(
    manifest: Manifest, options: Any, folders: Sequence[Path]
) -> tuple[Any, list[str]]:
    """Find the files that a manifest names, and see that they are the same.

    Args:
        manifest: Of what was made of them.
        options: Of its task; `faces` of a swap and
            `calibrate` of expressions may name one more file.
        folders: Where to look.

    Returns:
        The options with paths instead of names, and the files in the order that the task takes; a
        seed is what it is.

    Raises:
        FileError: One is in none of the folders, or is another now.
    """
    found = []
    for role in ROLES:
        named = manifest.parameters.get(role)
        names = named if isinstance(named, list) else [named]
        for number, name in enumerate(names, 1):
            if isinstance(name, str):
                prefix = str(number) if role == "pictures" else role
                seed = name.isdigit() and int(name) in manifest.seeds
                found.append(name if seed else str(_find(manifest, prefix, name, folders)))
    faces = getattr(options, "faces", None)
    if faces is not None and faces.startswith(PREFIX):
        reference = _find(manifest, "like", faces.removeprefix(PREFIX), folders)
        options = replace(options, faces=f"{PREFIX}{reference}")
    neutral = manifest.parameters.get("calibrate")
    if f"calibrate/{neutral}" in manifest.sources:
        calibrate = str(_find(manifest, "calibrate", str(neutral), folders))
        options = replace(options, calibrate=calibrate)
    return options, found


def _find(manifest: Manifest, role: str, name: str, folders: Sequence[Path]) -> Path:
    """Find a file, or a folder of references, by name and content."""
    recorded = {
        key.removeprefix(f"{role}/"): sha256
        for key, sha256 in manifest.sources.items()
        if key.startswith(f"{role}/")
    }
    for folder in folders:
        path = folder / Path(name).name
        wanted = {path / key if path.is_dir() else path: recorded[key] for key in recorded}
        if wanted and all(p.is_file() and file_sha256(p) == s for p, s in wanted.items()):
            return path
    raise FileError(
        f"`{name}` is missing, or is not the file any more that went in",
        hint=f"put it into {folders[0]}",
    )
