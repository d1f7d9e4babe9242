"""Write a generator for other projects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facewright.errors import InputError
from facewright.jobs.options import Replacing

BUNDLE = ".safetensors"
"""File extension of weights."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions(Replacing):
    """Format and destination."""

    out: Path
    """The file: .pt for rosinality's project and derived ones; .safetensors for the tensors by the
    names of StyleGAN2-ADA, with labels as metadata; .onnx, from z to pictures, with psi and noise
    as optional inputs."""


def export_model(weights: str, *, options: ExportOptions) -> Path:
    """Write a generator for other projects.

    Args:
        weights: A name that `facewright models list` shows, or a bundle.
        options: Format and destination.

    Returns:
        The file that was written.

    Raises:
        InputError: The file exists already, or has another extension.
        WeightsError: There are no such weights, or the format cannot hold them.

    Examples:
        facewright models export faces-128 -o faces.onnx
        facewright models export mine.safetensors -o mine.pt
    """
    from facewright.gan.weights import load_generator, load_labels
    from facewright.interop.write import WRITERS, write_generator
    from facewright.pipelines.weights import open_weights

    check_file(options.out, tuple(WRITERS), overwrite=options.overwrite)
    bundle = open_weights(weights)
    write_generator(options.out, load_generator(bundle), load_labels(bundle))
    return options.out


def check_file(out: Path, suffixes: tuple[str, ...], *, overwrite: bool) -> None:
    """Check that weights can be written to a file.

    Args:
        out: Its path.
        suffixes: Allowed file extensions.
        overwrite: Whether an existing file may be replaced.

    Raises:
        InputError: It has another extension, is a folder, or exists already.
    """
    if out.suffix.lower() not in suffixes:
        raise InputError(f"{out} does not end in {' or '.join(suffixes)}", hint="name it so")
    if out.is_dir():
        raise InputError(f"{out} is a folder", hint=f"name a file in it, such as x{suffixes[0]}")
    if out.exists() and not overwrite:
        raise InputError(f"{out} is there already", hint="overwrite=True replaces it")
