"""Make a file again from its manifest."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facewright.errors import FileError, InputError

if TYPE_CHECKING:
    from facewright.hub.store import Progress
    from facewright.types import Json, Manifest

_MOST_THREADS = 1024

Likeness = Literal["bytes", "pixels", "different"]


@dataclass(frozen=True, slots=True)
class Remade:
    """A file that was made again."""

    path: Path
    original: Path
    likeness: Likeness
    """What equals the original: every byte but the signature, every pixel, or neither."""
    reason: str = ""
    """What differs in the conditions, if anything."""


def remake_file(  # noqa: PLR0913
    file: Path,
    *,
    out: Path | None = None,
    source: tuple[Path, ...] = (),
    weights: str | None = None,
    device: str | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Remade:
    """Make a file again from its manifest, bit for bit on the same type of device.

    Args:
        file: A picture or clip that Facewright wrote.
        out: Where to write; otherwise beside the file, with -remade in its name.
        source: Where a photo or clip is now that went in, whatever it is called, or the folder that
            it lies in; may be repeated. Otherwise beside the file, or in the current folder.
        weights: Where the weights are now; otherwise those of that name in the catalog, or those
            that `FACEWRIGHT_WEIGHTS` names. They must have the same sha256 as then.
        device: Where to compute: otherwise the same type of device as then.
        overwrite: Replace a file that is there already.
        progress: Called with how much is drawn.

    Returns:
        The new file, and whether it is the same.

    Raises:
        FileError: The file carries no manifest, or a damaged one, or what it was made of is not
            there any more.
        WeightsError: The weights are not there any more, or are other ones now.
        InputError: The command cannot be done again, or the new file is there already.

    Examples:
        facewright remake people.png
        facewright remake swapped.png --source photos/me.jpg -o again.png
    """
    from facewright.jobs.restore import Places, check_weights, restore_call
    from facewright.provenance.marking import marking, was_marked
    from facewright.provenance.publish import read_manifest

    manifest = read_manifest(file)
    out = out or file.with_name(f"{file.stem}-remade{file.suffix}")
    if out.resolve() == file.resolve():
        raise InputError("a file is not remade in its own place", hint="name another with -o")
    if weights is not None:
        check_weights(weights, manifest.models)
    places = Places(folders=(file.parent, Path()), sources=source, weights=weights)
    call = restore_call(manifest, out, places, device=device, overwrite=overwrite)
    threads = manifest.parameters.get("threads")
    with marking(wanted=was_marked(manifest)), computing_with(threads):
        call.function(*call.inputs, options=call.options, progress=progress)
    likeness = compare_files(file, out)
    reason = "" if likeness == "bytes" else _explain(manifest, read_manifest(out))
    return Remade(out, file, likeness, reason)


@contextlib.contextmanager
def computing_with(threads: Json) -> Iterator[None]:
    """Let PyTorch use as many threads as then, where results depend on their number.

    Raises:
        FileError: It is no number of threads.
    """
    import torch

    if threads is None:
        yield
        return
    if not isinstance(threads, int) or not 1 <= threads <= _MOST_THREADS:
        raise FileError(f"the manifest has parameters that are not understood: threads={threads}")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def compare_files(file: Path, out: Path) -> Likeness:
    """Compare two files, apart from their signatures, which are random."""
    import numpy as np

    from facewright.media.decode import read_image
    from facewright.media.formats import find_kind
    from facewright.media.video import read_clip
    from facewright.provenance.credentials import digest_unsigned

    if find_kind(file) == "clip":
        pairs = zip_longest(read_clip(file).frames, read_clip(out).frames)
        same = all(a is not None and b is not None and np.array_equal(a, b) for a, b in pairs)
    else:
        same = np.array_equal(read_image(file), read_image(out))
    if not same:
        return "different"
    return "bytes" if digest_unsigned(file) == digest_unsigned(out) else "pixels"


def _list_networks(manifest: Manifest) -> str:
    """Return which networks a file was made with, by name and the beginning of their sha256."""
    return ", ".join(f"{name} {sha256[:12]}" for name, sha256 in sorted(manifest.models.items()))


def _explain(then: Manifest, now: Manifest) -> str:
    """Say what differs between two manifests."""
    pairs = {
        "Facewright": (then.version, now.version),
        "PyTorch": (then.torch, now.torch),
        "the device": (then.device, now.device),
        "the weights": (then.parameters.get("weights"), now.parameters.get("weights")),
        "the networks": (_list_networks(then), _list_networks(now)),
        "the sources": (", ".join(sorted(then.sources)), ", ".join(sorted(now.sources))),
    }
    changed = [f"{name} was {a}, is {b}" for name, (a, b) in pairs.items() if a != b]
    return "; ".join(changed)
