"""Open the networks that find faces, and say which they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from facewright.device import configure_cuda, pick_device
from facewright.errors import WeightsError
from facewright.faces.detection import detector as detect
from facewright.faces.detection import landmarks
from facewright.faces.detection.mesh_detector import FaceDetector, load_face_detector
from facewright.hub.cards import Entry, known_cards
from facewright.hub.store import Progress
from facewright.pipelines.weights import open_weights


@dataclass(frozen=True, slots=True)
class Lookout:
    """A finder that is ready, and what a manifest says about it."""

    finder: FaceDetector
    models: dict[str, str]
    """Name of the weights → sha256."""
    device: torch.device


def open_lookout(
    device: str = "auto",
    progress: Progress | None = None,
    *,
    finder: str | None = None,
    mesh: str | None = None,
) -> Lookout:
    """Load a detector and a mesh network: those that ship with the package, or others.

    Args:
        device: Where to compute: "auto", "cpu", "cuda" or "cuda:1".
        progress: Called with how far a download of weights is.
        finder: The weights of the detector, a name or a file; None is the starter.
        mesh: Those of the mesh network, likewise.

    Returns:
        A finder that is ready.

    Raises:
        InputError: There is no such device.
        WeightsError: The weights are missing or damaged, or of another kind.
    """
    chosen = pick_device(device)
    known = known_cards()
    wanted = {detect.KIND: finder, landmarks.KIND: mesh}
    detector, placer = (
        open_weights(name or pick_kind(kind, known), progress) for kind, name in wanted.items()
    )
    configure_cuda(chosen, repeatable=True)
    models = {bundle.card.name: bundle.card.sha256 for bundle in (detector, placer)}
    return Lookout(load_face_detector(detector, placer, chosen), models, chosen)


def pick_kind(kind: str, known: Mapping[str, Entry]) -> str:
    """Return the name of the first weights of a kind.

    Args:
        kind: What they are for, such as "finder".
        known: The catalog.

    Raises:
        WeightsError: There are none.
    """
    for name, entry in known.items():
        if entry.card.kind == kind:
            return name
    raise WeightsError(
        f"no weights of the kind `{kind}` ship with this installation",
        hint="install facewright again: `pip install --force-reinstall facewright`",
    )
