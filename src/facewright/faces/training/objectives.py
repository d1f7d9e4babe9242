"""What each of the two face networks is taught."""

from __future__ import annotations

import copy
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import nn

from facewright.device import seeded, to_tensor
from facewright.faces.detection.detector import Detector, DetectorConfig
from facewright.faces.detection.landmarks import MeshConfig, MeshNetwork
from facewright.faces.geometry.topology import (
    LEFT_BROW,
    LEFT_EYE,
    LIPS_INNER,
    LIPS_OUTER,
    RIGHT_BROW,
    RIGHT_EYE,
)
from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.examples import (
    Labelled,
    make_mesh_example,
    stack_mesh_examples,
)
from facewright.faces.training.scenes import compose_scene
from facewright.faces.training.targets import detector_loss
from facewright.types import Json

_FINE = 2.0
"""How much more a point of the eyes, brows or lips counts."""
_DEPTH = 0.3
"""How much z counts beside x and y."""


class MeshObjective:
    """Teaches a mesh network 478 points and the presence of a face."""

    kind = "mesh"

    def __init__(
        self,
        labelled: Labelled,
        network: MeshConfig,
        device: torch.device,
        *,
        seed: int = 0,
        shapes_of: int = 3000,
    ) -> None:
        """Prepare to teach.

        Args:
            labelled: What to learn from.
            network: How the network is built.
            device: Where to compute.
            seed: Of the first weights and of every example.
            shapes_of: From how many examples the network knows how faces differ at first.
        """
        self._shapes_of = shapes_of
        self._labelled, self._network, self._seed = labelled, network, seed
        self._device = device
        weights = torch.ones(478)
        fine = np.concatenate([LEFT_EYE, RIGHT_EYE, LIPS_INNER, LIPS_OUTER, LEFT_BROW, RIGHT_BROW])
        weights[torch.from_numpy(fine).long()] = _FINE
        weights[468:] = _FINE
        self._weights = (weights / weights.mean()).to(device)

    def build(self) -> nn.Module:
        """Return the network, which knows how faces differ, but not yet how they look."""
        with torch.random.fork_rng():
            torch.default_generator.set_state(seeded(self._seed).get_state())
            network = MeshNetwork(self._network)
        rng = (ExampleRng(self._seed, -1 - number) for number in range(self._shapes_of))
        shapes = [make_mesh_example(self._labelled, self._network.size, d)[1] for d in rng]
        known = torch.from_numpy(np.stack([s for s in shapes if s.any()]))
        if len(known) > self._network.shapes:
            network.start_from(known)
        return network

    def prepare(self, first: int, count: int) -> tuple[Any, torch.Tensor, torch.Tensor]:
        """Make squares, points and presence."""
        return stack_mesh_examples(
            [
                make_mesh_example(
                    self._labelled, self._network.size, ExampleRng(self._seed, number)
                )
                for number in range(first, first + count)
            ]
        )

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Return the distance of the points in parts of the eye distance, and of the presence."""
        squares, points, present = batch
        x = to_tensor(squares, self._device, torch.float32)
        x = x.contiguous(memory_format=torch.channels_last)
        points, present = points.to(self._device), present.to(self._device)
        found, presence = network(x)
        eyes = (points[:, 33] + points[:, 133] - points[:, 263] - points[:, 362]).norm(dim=1) / 2
        off = found - points
        flat = (off[..., :2].square().sum(-1) + 1e-8).sqrt() * self._weights  # [n 478]
        scale = present / eyes.clamp(min=0.1) / present.sum().clamp(min=1)
        return {
            "points": 10 * (flat.mean(1) * scale).sum(),
            "depth": 10 * _DEPTH * (off[..., 2].abs().mean(1) * scale).sum(),
            "presence": nn.functional.binary_cross_entropy_with_logits(presence, present),
        }

    def config(self) -> dict[str, Json]:
        """Return the network's configuration."""
        return {"mesh": asdict(self._network)}


class DetectorObjective:
    """Teaches a detector scores, boxes and five points."""

    kind = "finder"

    def __init__(
        self,
        labelled: Labelled,
        network: DetectorConfig,
        device: torch.device,
        *,
        seed: int = 0,
        size: int = 224,
        start: Detector | None = None,
    ) -> None:
        """Prepare to teach.

        Args:
            labelled: What to compose scenes of.
            network: How the network is built.
            device: Where to compute.
            seed: Of the first weights and of every scene.
            size: Side of a scene in pixels, a multiple of 32.
            start: A detector as `load_detector` returns it, to go on from: without
                normalisation, since it is merged there. None begins with random weights.
        """
        self._start = start
        self._labelled, self._network, self._seed = labelled, network, seed
        self._device, self._size = device, size

    def build(self) -> nn.Module:
        """Return the network: a copy of the one to start from, or a new one."""
        if self._start is not None:
            return copy.deepcopy(self._start).requires_grad_()
        with torch.random.fork_rng():
            torch.default_generator.set_state(seeded(self._seed).get_state())
            return Detector(self._network)

    def prepare(self, first: int, count: int) -> tuple[Any, list[Any], list[Any]]:
        """Compose scenes."""
        scenes = [
            compose_scene(self._labelled, self._size, ExampleRng(self._seed, number))
            for number in range(first, first + count)
        ]
        return (
            np.stack([scene.image for scene in scenes]),
            [scene.boxes() for scene in scenes],
            [scene.marks() for scene in scenes],
        )

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Return the parts of the detector's loss."""
        images, boxes, marks = batch
        x = to_tensor(images, self._device, torch.float32)
        return detector_loss(network(x.contiguous(memory_format=torch.channels_last)), boxes, marks)

    def config(self) -> dict[str, Json]:
        """Return the network's configuration."""
        return {"finder": asdict(self._network)}
