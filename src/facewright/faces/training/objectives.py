"""The objectives of the detector and the mesh network."""

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
"""Weight of points of the eyes, brows and lips."""
_DEPTH = 0.3
"""Weight of z relative to x and y."""


class MeshObjective:
    """The `Objective` of a mesh network: 478 points and the presence of a face."""

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
        """Set up the objective.

        Args:
            labelled: The labelled pictures.
            network: Configuration of the network.
            device: The device that computes.
            seed: Seed of the initial weights and of the examples.
            shapes_of: Number of examples whose principal components initialise the last layer.
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
        """Return the untrained network, with the last layer initialised by `start_from`."""
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
        """Return squares, points and presence."""
        return stack_mesh_examples(
            [
                make_mesh_example(
                    self._labelled, self._network.size, ExampleRng(self._seed, number)
                )
                for number in range(first, first + count)
            ]
        )

    def measure(self, network: nn.Module, batch: Any) -> dict[str, torch.Tensor]:
        """Return the loss of points, relative to the eye distance, and that of presence."""
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
    """The `Objective` of a detector: scores, boxes and five points."""

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
        """Set up the objective.

        Args:
            labelled: The labelled pictures that scenes are composed of.
            network: Configuration of the network.
            device: The device that computes.
            seed: Seed of the initial weights and of the scenes.
            size: Side of a scene in pixels, a multiple of 32.
            start: A detector from `load_detector` to fine-tune, whose normalisation is merged. None
                starts with random weights.
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
        """Return scenes, boxes and points."""
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
        """Return the terms of the detector's loss."""
        images, boxes, marks = batch
        x = to_tensor(images, self._device, torch.float32)
        return detector_loss(network(x.contiguous(memory_format=torch.channels_last)), boxes, marks)

    def config(self) -> dict[str, Json]:
        """Return the network's configuration."""
        return {"finder": asdict(self._network)}
