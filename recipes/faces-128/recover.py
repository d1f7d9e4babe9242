"""Give weights that were trained with anchors an appearance model again, where theirs was lost.

    python recipes/faces-128/recover.py faces-128.zip start.safetensors [--weights faces-128]

`faces-128` of 45 kimg shipped without its model of appearance. A model that is fitted anew to the
same pictures has the same principal components, but for signs and turns among those of nearly the
same variance. So an orthogonal matrix is sought by which the new anchors of the pictures draw them
best, signs first, at 32 pixels, where pictures are nearly linear in w; it goes into the weights of
the first layer of the mapping network. What is printed is the mean absolute difference between
pictures and what is drawn from their anchors, in parts of half the range: before, and after.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from facewright.datasets.dataset import Dataset, open_dataset
from facewright.device import to_tensor
from facewright.faces.detection.landmarks import load_mesh
from facewright.gan.anchors.find import Anchors, find_anchors
from facewright.gan.generator import Generator
from facewright.gan.ops.upfirdn import upsample2d
from facewright.gan.weights import load_generator
from facewright.hub.bundle import save_bundle
from facewright.pipelines.weights import open_weights

SIZE = 192  # numbers of an anchor
BATCH = 256
SIGNS = (400, 0.05, 0.0)  # steps, learning rate, weight of being orthogonal
TURNS = (1500, 0.004, 0.3)
SHOWN = 50  # every so-manieth picture is drawn to measure


class Reader:
    """Draws small pictures from anchors, quickly: what is linear in w, and the mean of the rest."""

    def __init__(self, generator: Generator, dataset: Dataset, anchors: Anchors) -> None:
        """Shrink the pictures."""
        self.generator, self.labels, self.values = generator, dataset.labels, anchors.values
        side = generator.config.linear_rgb
        parts = np.array_split(np.arange(len(dataset)), max(len(dataset) // BATCH, 1))
        self.small = torch.cat(
            [
                F.interpolate(
                    to_tensor(dataset.images(part), torch.device("cpu"), torch.float32),
                    (side, side),
                    mode="area",
                )
                for part in parts
            ]
        )
        some = torch.arange(0, len(dataset), SHOWN)
        with torch.no_grad():
            w = self.find_styles(some, torch.eye(SIZE))
            whole = self.generator.synthesis(w[:, None].expand(-1, generator.num_ws, -1))
            whole = F.interpolate(whole, (side, side), mode="area")
            self.rest = (whole - self.draw_linear(w)).mean(0)

    def find_styles(self, rows: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
        """Return the w of some pictures by their turned anchors, the rest of z at random."""
        rest = torch.randn(len(rows), self.generator.config.z_dim - SIZE)
        z = torch.cat([self.values[rows] @ turn, rest], 1)
        return self.generator.mapping(z, self.labels[rows])

    def draw_linear(self, w: torch.Tensor) -> torch.Tensor:
        """Return what is linear in w of the pictures, (n, 3, side, side)."""
        image: torch.Tensor | None = None
        for resolution in self.generator.synthesis.resolutions:
            block = self.generator.synthesis.get_submodule(f"b{resolution}")
            if block.torgb.linear is None:
                break
            mine = block.torgb.linear(w).view(-1, 3, resolution, resolution)
            image = mine if image is None else upsample2d(image, block.resample_filter) + mine
        assert image is not None  # noqa: S101 - generators with anchors have some
        return image

    def fit(
        self,
        start: torch.Tensor,
        make: Callable[[torch.Tensor], torch.Tensor],
        plan: tuple[int, float, float],
    ) -> torch.Tensor:
        """Return parameters of a matrix by which pictures are drawn best."""
        steps, rate, orthogonal = plan
        found = start.clone().requires_grad_()
        optimiser = torch.optim.Adam([found], lr=rate)
        for step in range(steps):
            optimiser.param_groups[0]["lr"] = rate * (1.02 - step / steps)
            rows, turn = torch.randint(len(self.values), (BATCH,)), make(found)
            drawn = self.draw_linear(self.find_styles(rows, turn)) + self.rest
            loss = (drawn - self.small[rows]).abs().mean()
            loss = loss + orthogonal * (turn @ turn.T - torch.eye(SIZE)).square().sum() / SIZE
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        return found.detach()


@torch.no_grad()
def measure(reader: Reader, dataset: Dataset, turn: torch.Tensor) -> float:
    """Return how far pictures are from what is drawn from their anchors."""
    total, rows = 0.0, np.arange(0, len(dataset), SHOWN)
    for part in np.array_split(rows, len(rows) // 32 + 1):
        w = reader.find_styles(torch.from_numpy(part), turn)
        drawn = reader.generator.synthesis(w[:, None].expand(-1, reader.generator.num_ws, -1))
        images = to_tensor(dataset.images(part), torch.device("cpu"), torch.float32)
        total += float((drawn - images).abs().mean()) * len(part)
    return total / len(rows)


def main() -> None:
    """Read the command line, fit, turn, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", default="faces-128")
    options = parser.parse_args()
    torch.manual_seed(0)
    bundle = open_weights(options.weights)
    dataset = open_dataset(options.dataset, cond=True, mirror=True)
    anchors = find_anchors(dataset, load_mesh(open_weights("face-mesh")), size=SIZE)
    assert anchors.model is not None  # noqa: S101 - it has just been fitted
    reader = Reader(load_generator(bundle), dataset, anchors)
    signs = torch.sign(reader.fit(torch.ones(SIZE), torch.diag, SIGNS))
    turn = reader.fit(torch.diag(signs), lambda matrix: matrix, TURNS)
    left, _, right = torch.linalg.svd(turn)
    turn = left @ right
    before = measure(reader, dataset, torch.eye(SIZE))
    print(f"{before:.3f} before, {measure(reader, dataset, turn):.3f} after")
    first = bundle.tensors["mapping.fc0.weight"].float().clone()
    first[:, :SIZE] = first[:, :SIZE] @ turn.T
    model = {f"appearance.{name}": x for name, x in anchors.model.to_tensors().items()}
    tensors = {**bundle.tensors, "mapping.fc0.weight": first, **model}
    save_bundle(options.out, replace(bundle, tensors=tensors))


if __name__ == "__main__":
    main()
