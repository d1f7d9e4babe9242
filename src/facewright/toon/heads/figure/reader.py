"""Tell age, gender and glasses from a face, so that its character has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facewright.errors import WeightsError
from facewright.faces.align import align
from facewright.faces.similarity.features import FaceFeatures
from facewright.hub.bundle import load_bundle
from facewright.toon.heads.figure.portray import Guess
from facewright.types import Bundle, Image

KIND = "figure-reader"
FILE = "reader.safetensors"
_GLASSES = 0.4  # from which on glasses are drawn


@torch.inference_mode()
def see_traits(
    network: FaceFeatures, image: Image, points: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what the last two stages of `face-features` see in a face, halves of the face apart.

    Args:
        network: From `load_face_features`.
        image: (height, width, 3).
        points: (478, 3), the mesh in pixels.
    """
    crop = align(image, points, template="tight", size=network.config.size).image
    batch = torch.from_numpy(np.ascontiguousarray(crop)).permute(2, 0, 1)[None].float() / 127.5 - 1
    *_, fine, before, last = network(batch)
    parts = [last, *before.chunk(2, 2), fine.chunk(4, 2)[1]]
    return torch.cat([part.mean((2, 3)) for part in parts], 1)[0].float().numpy()


class FigureReader:
    """Tells age, gender and glasses by linear layers on the traits of a face.

    What it says is how a face looks to annotators, for drawing. It is often wrong.
    """

    def __init__(self, network: FaceFeatures, weights: Bundle | None = None) -> None:
        """Take a network and the layers.

        Args:
            network: From `load_face_features`, the starter weights `face-features`.
            weights: The layers; None reads those that ship.

        Raises:
            WeightsError: They are missing, damaged or something else.
        """
        bundle = weights or load_bundle(Path(__file__).parents[1] / "model" / FILE)
        if bundle.card.kind != KIND or not {"weights", "offset"} <= set(bundle.tensors):
            raise WeightsError(f"`{bundle.card.name}` does not read figures")
        self._network = network
        self._weights, self._offset = (bundle.tensors[n].numpy() for n in ("weights", "offset"))

    def guess(self, image: Image, points: NDArray[np.float32]) -> Guess:
        """Guess what a face says of a person.

        Args:
            image: (height, width, 3).
            points: (478, 3), the mesh in pixels.
        """
        male, years, glasses = (
            see_traits(self._network, image, points) @ self._weights + self._offset
        )
        return Guess(
            male=float(np.clip(0.5 + 1.5 * (male - 0.5), 0, 1)),
            years=float(np.clip(40 + 20 * 1.3 * years, 4, 85)),
            glasses=float(np.clip(0.5 + (glasses - _GLASSES), 0, 1)),
        )
