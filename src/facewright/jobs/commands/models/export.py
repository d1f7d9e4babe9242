"""Write a generator for other projects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facewright.errors import InputError
from facewright.jobs.options import Replacing

BUNDLE = ".safetensors"
"""The ending of weights."""


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
        options: Where to, and in which form.

    Returns:
        The file that was written.

    Raises:
        InputError: The file is there already, or its ending is none of these.
        WeightsError: There are no such weights, or the form cannot hold them.

    Examples:
        facewright models export faces-64 -o faces.onnx
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
    """Raise if weights cannot be written under a name.

    Args:
        out: The name.
        suffixes: The endings that it may have.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        InputError: It ends otherwise, is a folder, or is there already.
    """
    if out.suffix.lower() not in suffixes:
        raise InputError(f"{out} does not end in {' or '.join(suffixes)}", hint="name it so")
    if out.is_dir():
        raise InputError(f"{out} is a folder", hint=f"name a file in it, such as x{suffixes[0]}")
    if out.exists() and not overwrite:
        raise InputError(f"{out} is there already", hint="overwrite=True replaces it")
