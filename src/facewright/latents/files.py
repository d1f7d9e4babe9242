"""Keep latents in files that know which generator they belong to."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from facewright.errors import FileError, InputError
from facewright.files import replacing
from facewright.provenance.credentials import seal
from facewright.types import Json, Latents, Space

LATENTS = ".latents"
"""The ending of such files."""
FORMAT = 1
"""The version of what is written beside the numbers."""

_KEY, _TENSOR = "facewright-latents", "latents"
_UNKNOWN = (SafetensorError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Where the differences are by which a generator was tuned to a face."""

    file: str
    """Name of a file in the folder of the latents."""
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredLatents:
    """Latents, and exactly which weights they belong to."""

    latents: Latents
    sha256: str
    """Of the file of the generator."""
    consent: str = ""
    """Who agreed to what, where they are those of a real person; "generated" where of nobody."""
    tuning: Tuning | None = None
    """What to change of the generator before it draws them, if anything."""
    sealed: bool = False
    """Whether this installation wrote them, consent included, and nobody changed them since; known
    of latents that were read."""

    def check_generator(self, name: str, sha256: str) -> None:
        """Raise if these latents belong to another generator.

        Args:
            name: Of the generator that is to draw them.
            sha256: Of its file.

        Raises:
            InputError: They belong to another one.
        """
        if sha256 == self.sha256:
            return
        own = self.latents.generator
        other = "other weights of that name" if own == name else f"not `{name}`"
        raise InputError(
            f"these latents belong to the generator `{own}` ({self.sha256[:12]}), {other}",
            hint=f"draw them with `{own}`, or invert the face again for `{name}`",
        )


def save_latents(path: Path, stored: StoredLatents) -> None:
    """Write latents to a safetensors file, whole or not at all; equal ones give equal bytes.

    Args:
        path: Where to write; an existing file is replaced.
        stored: What to write.

    Raises:
        FileError: The file cannot be written.
    """
    latents = stored.latents
    generator: dict[str, Json] = {"name": latents.generator, "sha256": stored.sha256}
    about: dict[str, Json] = {"format": FORMAT, "space": latents.space, "generator": generator}
    if stored.consent:
        about["consent"] = stored.consent
    if stored.tuning:
        about["tuning"] = {"file": stored.tuning.file, "sha256": stored.tuning.sha256}
    values = latents.values.detach().float().cpu().clone(memory_format=torch.contiguous_format)
    try:
        with replacing(path) as unfinished:
            about["seal"] = seal(_bind(about, values))
            save_file({_TENSOR: values}, unfinished, {_KEY: json.dumps(about, sort_keys=True)})
    except (OSError, SafetensorError) as error:
        raise FileError(f"{path} cannot be written: {error}") from error


def load_latents(path: Path) -> StoredLatents:
    """Read what `save_latents` wrote.

    Args:
        path: The file.

    Returns:
        The latents, on the CPU.

    Raises:
        FileError: The file is missing, damaged, or holds no latents.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about: Any = json.loads((file.metadata() or {})[_KEY])
            values = file.get_tensor(_TENSOR)
        generator, space = about["generator"], about["space"]
        name, sha256 = str(generator["name"]), str(generator["sha256"])
        version, consent = int(about["format"]), str(about.get("consent", ""))
        tuning = _read_tuning(about)
        code = str(about.pop("seal", ""))
        sealed = bool(code) and hmac.compare_digest(code, seal(_bind(about, values)))
    except (OSError, *_UNKNOWN) as error:
        raise FileError(
            f"{path} holds no latents: {error}",
            hint="`facewright invert` writes such files",
        ) from error
    if version != FORMAT:
        raise FileError(f"{path} is in format {version}; this version reads format {FORMAT}")
    if space not in get_args(Space) or values.ndim != 3 or not values.is_floating_point():
        raise FileError(f"{path} is damaged: {space} of {tuple(values.shape)}")
    if not bool(values.isfinite().all()):
        raise FileError(f"{path} is damaged: some latents are no numbers")
    return StoredLatents(Latents(values.float(), space, name), sha256, consent, tuning, sealed)


def _bind(about: dict[str, Any], values: torch.Tensor) -> bytes:
    """Return what a seal covers: what is written beside the numbers, and the numbers."""
    return json.dumps(about, sort_keys=True).encode() + values.float().numpy().tobytes()


def _read_tuning(about: dict[str, Any]) -> Tuning | None:
    """Return where the differences are, which is beside the latents and nowhere else."""
    told = about.get("tuning")
    if told is None:
        return None
    file = str(told["file"])
    if file != Path(file).name:
        raise ValueError(f"`{file}` is no name of a file")
    return Tuning(file, str(told["sha256"]))
