"""What pipelines return: pictures and clips in memory, and how they came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from facewright.device import name_device
from facewright.errors import FileError, InputError, WeightsError
from facewright.hub.bundle import save_bundle
from facewright.latents.files import StoredLatents, Tuning, save_latents
from facewright.media.pillow import PillowImage, to_pillow
from facewright.media.stills.alpha import Alpha, attach
from facewright.media.video import check_complete
from facewright.pipelines.consent import GENERATED, needs_consent
from facewright.provenance.publish import publish_clip, publish_image
from facewright.types import Bundle, Clip, Crop, Face, Image, Json, Manifest
from facewright.version import __version__

if TYPE_CHECKING:
    from os import PathLike


@dataclass(frozen=True, slots=True)
class Result:
    """A picture that a pipeline made.

    `save` is the one way to a file: what it writes carries the manifest.
    """

    image: Image
    """(height, width, 3), uint8, RGB, with `alpha` beside it; (height, width, 4) where a verb cuts
    something out."""
    manifest: Manifest
    faces: tuple[Face, ...] = ()
    """Found in `image`, the largest first, where the verb looks for faces."""
    measurements: Mapping[str, Json] = field(default_factory=dict)
    """What was measured on the way, by name."""
    alpha: Alpha | None = None
    """(h, w), where the picture that went in was transparent: PNG and WebP keep it, in other files
    white stands for it."""

    def pil(self) -> PillowImage:
        """Return the picture as a Pillow image."""
        return to_pillow(self.image if self.alpha is None else attach(self.image, self.alpha))

    def save(
        self,
        path: str | PathLike[str],
        *,
        quality: int = 95,
        overwrite: bool = False,
        consent: str | None = None,
    ) -> Path:
        """Write the picture, with its manifest.

        Args:
            path: .png, .jpg, .webp or .bmp. Missing folders are made.
            quality: Of JPEG and WebP, 1 to 100; 100 makes WebP lossless.
            overwrite: Replace a file that is there already.
            consent: Who agreed to what, if the call did not say; "self" if it is you, "generated"
                if nobody who is shown exists.

        Returns:
            The path.

        Raises:
            InputError: The extension is unknown, the file is there already, or somebody real may
                be shown and nothing says that they agreed.
            FileError: The file cannot be written.
        """
        manifest = record_consent(self.manifest, consent)
        return publish_image(
            self.image,
            Path(path),
            manifest,
            alpha=self.alpha,
            quality=quality,
            overwrite=overwrite,
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """How well a generator draws a face after one stage of the search for its latents."""

    name: str
    """How the latents were found: "average", "encoded", "refined" or "tuned"."""
    image: Image
    """What the generator draws, (resolution, resolution, 3)."""
    rmse: float
    """Root of the mean squared distance of the pixels, 0 to 255."""
    perceptual: float
    """The distance of what `face-features` sees, 0 to 4."""
    likeness: float
    """How much the faces look alike, 0 to 1, as `faces.identity` measures it."""


@dataclass(frozen=True, slots=True)
class LatentsResult(Result):
    """A picture of a face that a generator drew, with the latents that it was drawn from."""

    latents: StoredLatents = field(kw_only=True)
    tuning: Bundle | None = field(default=None, kw_only=True)
    """What to change of the generator before it draws them, if it was tuned to the face."""
    stages: tuple[Stage, ...] = field(default=(), kw_only=True)
    """Of an inversion, how near each stage came."""
    crop: Crop | None = field(default=None, kw_only=True)
    """Of an inversion, what was cut out of the picture."""

    def save_latents(
        self, path: str | PathLike[str], *, overwrite: bool = False, consent: str | None = None
    ) -> list[Path]:
        """Write the latents, and beside them the changes of a generator that was tuned.

        Args:
            path: Such as face.latents; the changes go to face.tuning.safetensors.
            overwrite: Replace files that are there already.
            consent: As `save` takes it.

        Returns:
            The files.

        Raises:
            InputError: A file is there already, or nobody agreed.
            FileError: A file cannot be written.
        """
        agreed = record_consent(self.manifest, consent).consent
        return write_latents(
            Path(path), replace(self.latents, consent=agreed), self.tuning, overwrite=overwrite
        )


def write_latents(
    path: Path, stored: StoredLatents, tuning: Bundle | None = None, *, overwrite: bool = False
) -> list[Path]:
    """Write latents, and before them the changes of the generator that draws them, if any.

    Args:
        path: Of the latents.
        stored: The latents, with their consent.
        tuning: The changes; they go to a file beside the latents.
        overwrite: Replace files that are there already.

    Returns:
        The files.

    Raises:
        InputError: A file is there already.
        FileError: A file cannot be written.
    """
    beside = name_tuning(path)
    files = [path] if tuning is None else [beside, path]
    for file in files:
        if file.exists() and not overwrite:
            raise InputError(
                f"{file} is there already", hint="overwrite it, or choose another name"
            )
    if tuning is not None:
        try:
            written = save_bundle(beside, tuning, half=True)
        except WeightsError as error:
            raise FileError(str(error), hint=error.hint) from error
        stored = replace(stored, tuning=Tuning(beside.name, written.sha256))
    save_latents(path, stored)
    return files


def name_tuning(latents: Path) -> Path:
    """Return where the changes of a generator go: beside the latents that want them."""
    return latents.with_name(latents.stem + ".tuning.safetensors")


@dataclass(frozen=True, slots=True)
class ClipResult:
    """A clip that a pipeline makes: its frames are computed when they are asked for, once."""

    clip: Clip
    manifest: Manifest

    def save(
        self,
        path: str | PathLike[str],
        *,
        overwrite: bool = False,
        consent: str | None = None,
        stopped: Callable[[], bool] | None = None,
    ) -> Path:
        """Compute all frames and write the clip, with its sound and its manifest.

        Args:
            path: .mp4 or .gif. Missing folders are made.
            overwrite: Replace a file that is there already.
            consent: As `Result.save` takes it.
            stopped: Called before each frame; True ends the clip there, in good order.

        Returns:
            The path.

        Raises:
            InputError: As `Result.save`; or a frame cannot be computed.
            FileError: The file cannot be written.
        """
        manifest = record_consent(self.manifest, consent)
        written = publish_clip(
            self.clip, Path(path), manifest, overwrite=overwrite, stopped=stopped
        )
        check_complete(self.clip)
        return written


def record_consent(manifest: Manifest, given: str | None = None) -> Manifest:
    """Return a manifest that may be written to a file.

    Args:
        manifest: Of a result.
        given: Who agreed to what; None is what the manifest says.

    Raises:
        InputError: Somebody real may be shown, and nothing says that they agreed.
    """
    if given and given.strip():
        manifest = replace(manifest, consent=given.strip())
    if not manifest.consent and needs_consent(manifest.task):
        raise InputError(
            f"the result of `{manifest.task}` may show a real person, and nothing says that they "
            "agreed",
            hint='consent="who agreed to what"; "self" if it is you, "generated" if nobody is',
        )
    return manifest


def hashes(*bundles: Bundle | None) -> dict[str, str]:
    """Return the name of each bundle → sha256 of its file, as manifests list them."""
    return {one.card.name: one.card.sha256 for one in bundles if one is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """What went into a result beside the parameters of the call."""

    models: Mapping[str, str] = field(default_factory=dict)
    """Name of each set of weights → sha256."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Role and name of each picture, such as "face/me.jpg" → sha256."""
    seeds: tuple[int, ...] = ()
    consent: str | None = None
    """Who agreed to what; empty where nobody did, though somebody real may be shown; None where
    nobody is shown."""
    threads: int | None = None
    """Of the CPU, where a result depends on their number; None where it does not."""

    def __or__(self, other: Ingredients) -> Ingredients:
        """Join what two sources bring."""
        return Ingredients(
            models={**self.models, **other.models},
            sources={**self.sources, **other.sources},
            seeds=self.seeds + other.seeds,
            consent=join_consents(self.consent, other.consent),
            threads=self.threads or other.threads,
        )


def join_consents(*consents: str | None) -> str | None:
    """Return what several consents come to: one that is missing counts for all.

    >>> join_consents("generated", None, "self"), join_consents("generated", "")
    ('self', '')
    """
    said = [text for text in consents if text is not None]
    if not said or "" in said:
        return "" if said else None
    real = [text for text in dict.fromkeys(said) if text != GENERATED]
    return "; ".join(real) or GENERATED


def build_manifest(
    verb: str, parameters: Mapping[str, Json], used: Ingredients, device: torch.device
) -> Manifest:
    """Record how a result came about: the only place where manifests are made.

    Args:
        verb: The name of the command.
        parameters: Option → the value that it had.
        used: Weights, pictures, seeds, consent and threads.
        device: Where it was computed.
    """
    threads = {"threads": used.threads} if used.threads and device.type == "cpu" else {}
    return Manifest(
        task=verb,
        parameters={**parameters, **threads},
        seeds=used.seeds,
        models=used.models,
        sources=used.sources,
        consent=used.consent or "",
        version=__version__,
        torch=torch.__version__,
        device=name_device(device),
    )
