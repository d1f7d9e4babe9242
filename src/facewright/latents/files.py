"""Files of latents, which record the generator that they belong to."""

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

FORMAT = 1
"""Version of the file format."""

_KEY, _TENSOR = "facewright-latents", "latents"
_UNKNOWN = (SafetensorError, LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Reference to the file of differences by which a generator was tuned to a face."""

    file: str
    """Name of a file in the folder of the latents."""
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredLatents:
    """Latents, with the weights that they belong to and the consent to use them."""

    latents: Latents
    sha256: str
    """Hash of the generator's file."""
    consent: str = ""
    """The consent, for latents of a real person; "generated" for generated people."""
    tuning: Tuning | None = None
    """Differences to add to the generator before synthesis; None for no tuning."""
    sealed: bool = False
    """Whether this installation wrote them, consent included, and they are unchanged since; set
    when latents are read."""

    def check_generator(self, name: str, sha256: str) -> None:
        """Raise if these latents belong to another generator.

        Args:
            name: Name of the generator to use.
            sha256: Hash of its file.

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
    """Write latents to a safetensors file, atomically; equal latents give equal bytes.

    Args:
        path: Where to write; an existing file is replaced.
        stored: The latents and what belongs to them.

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
    """Return the bytes that a seal covers: the description and the values."""
    return json.dumps(about, sort_keys=True).encode() + values.float().numpy().tobytes()


def _read_tuning(about: dict[str, Any]) -> Tuning | None:
    """Return the reference to the differences, which must be in the folder of the latents."""
    told = about.get("tuning")
    if told is None:
        return None
    file = str(told["file"])
    if file != Path(file).name:
        raise ValueError(f"`{file}` is no name of a file")
    return Tuning(file, str(told["sha256"]))
