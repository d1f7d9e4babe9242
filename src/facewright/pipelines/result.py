"""Results of pipelines: pictures and clips in memory, with their manifests."""

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

    `save` writes it to a file, with the manifest.
    """

    image: Image
    """(height, width, 3), uint8, RGB, with `alpha` beside it; (height, width, 4) where a verb cuts
    something out."""
    manifest: Manifest
    faces: tuple[Face, ...] = ()
    """Faces in `image`, the largest first, if the verb detects faces."""
    measurements: Mapping[str, Json] = field(default_factory=dict)
    """Measurements by name."""
    alpha: Alpha | None = None
    """(h, w), opacity, if the input was transparent: PNG and WebP keep it, in other files
    transparent pixels become white."""

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
            quality: Quality of JPEG and WebP, 1 to 100; 100 makes WebP lossless.
            overwrite: Whether to replace an existing file.
            consent: Who agreed to what; "self" for yourself, "generated" for generated people.
                None takes that of the call.

        Returns:
            The path.

        Raises:
            InputError: The extension is unknown, the file exists, or it may show a real person and
                there is no consent.
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
    """The reconstruction of a face after one stage of its inversion."""

    name: str
    """The stage: "average", "encoded", "refined" or "tuned"."""
    image: Image
    """The reconstruction, (resolution, resolution, 3), uint8."""
    rmse: float
    """Root mean square error of the pixels, 0 to 255."""
    perceptual: float
    """Perceptual distance by `face-features`, 0 to 4."""
    likeness: float
    """Similarity of the faces, 0 to 1 (`faces.similarity.identity`)."""


@dataclass(frozen=True, slots=True)
class LatentsResult(Result):
    """A generated picture of a face, with its latents."""

    latents: StoredLatents = field(kw_only=True)
    tuning: Bundle | None = field(default=None, kw_only=True)
    """Differences to add to the generator before synthesis, if it was tuned to the face."""
    stages: tuple[Stage, ...] = field(default=(), kw_only=True)
    """Errors after each stage of an inversion."""
    crop: Crop | None = field(default=None, kw_only=True)
    """The aligned face of an inversion."""

    def save_latents(
        self, path: str | PathLike[str], *, overwrite: bool = False, consent: str | None = None
    ) -> list[Path]:
        """Write the latents, and beside them the differences of a tuned generator.

        Args:
            path: A path such as face.latents; differences go to face.tuning.safetensors.
            overwrite: Whether to replace existing files.
            consent: As for `save`.

        Returns:
            The files.

        Raises:
            InputError: A file exists, or there is no consent.
            FileError: A file cannot be written.
        """
        agreed = record_consent(self.manifest, consent).consent
        return write_latents(
            Path(path), replace(self.latents, consent=agreed), self.tuning, overwrite=overwrite
        )


def write_latents(
    path: Path, stored: StoredLatents, tuning: Bundle | None = None, *, overwrite: bool = False
) -> list[Path]:
    """Write latents, and before them the differences of a tuned generator, if any.

    Args:
        path: The file of the latents.
        stored: The latents, with their consent.
        tuning: The differences, which are written to a file beside the latents.
        overwrite: Whether to replace existing files.

    Returns:
        The files.

    Raises:
        InputError: A file exists.
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
    """Return the path of the differences of a generator, beside the latents."""
    return latents.with_name(latents.stem + ".tuning.safetensors")


@dataclass(frozen=True, slots=True)
class ClipResult:
    """A clip of a pipeline, whose frames are computed once, on demand."""

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
            overwrite: Whether to replace an existing file.
            consent: As for `Result.save`.
            stopped: Called before each frame; the clip ends there once it returns True.

        Returns:
            The path.

        Raises:
            InputError: As for `Result.save`; or a frame cannot be computed.
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
        manifest: The manifest of a result.
        given: The consent; None takes that of the manifest.

    Raises:
        InputError: The result may show a real person, and there is no consent.
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
    """The inputs of a result besides the parameters of the call."""

    models: Mapping[str, str] = field(default_factory=dict)
    """Name of each set of weights → sha256."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Role and name of each picture, such as "face/me.jpg" → sha256."""
    seeds: tuple[int, ...] = ()
    consent: str | None = None
    """The consent; empty if it is missing although a real person may be shown; None if no person is
    shown."""
    threads: int | None = None
    """Number of CPU threads, if the result depends on it; None if not."""

    def __or__(self, other: Ingredients) -> Ingredients:
        """Combine the inputs of two sources."""
        return Ingredients(
            models={**self.models, **other.models},
            sources={**self.sources, **other.sources},
            seeds=self.seeds + other.seeds,
            consent=join_consents(self.consent, other.consent),
            threads=self.threads or other.threads,
        )


def join_consents(*consents: str | None) -> str | None:
    """Combine consents: if one is missing, the result is missing.

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
    """Return the manifest of a result.

    Args:
        verb: The name of the command.
        parameters: Option → value.
        used: Weights, pictures, seeds, consent and threads.
        device: The device that computed it.
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
