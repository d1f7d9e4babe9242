"""Teach the mesh network what the detector takes for faces: a new last layer for the presence.

    python recipes/finder/calibrate.py merged.npz FOLDER FINDER.safetensors MESH.safetensors
        OUT.safetensors --empty empty.zip

Composes scenes of training pictures, lets the detector look for faces in them with a low threshold,
and places meshes on what it finds, twice, as `FaceFinder` does. What shares half of its area with
a face is one, what shares less than a tenth is none. On the features that the mesh network has of
both, a logistic regression is fitted, both kinds weighing the same. The points stay as they are.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from facewright.data.labelled import read_labelled
from facewright.device import to_tensor
from facewright.faces.detect import detect_faces, load_detector
from facewright.faces.landmarks import cut_square, frame_face, load_mesh, place_meshes
from facewright.faces.learning.dice import Dice
from facewright.faces.learning.scenes import compose_scene
from facewright.faces.topology import five_points
from facewright.hub.bundle import load_bundle, save_bundle

THRESHOLD, SIZE, DECAY = 0.15, 320, 1e-3


def overlap(a, b):
    """Return intersection over union."""
    both = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both)


@torch.inference_mode()
def read_features(network, squares):
    """Return what the network's last layers see: [n 1024]."""
    x = to_tensor(squares, torch.device("cpu"), torch.float32)
    return network.body(x.contiguous(memory_format=torch.channels_last)).flatten(1).float()


def look(detector, mesh, scenes):
    """Yield features and whether there is a face, for each thing found in scenes."""
    found = detect_faces(detector, [s.image for s in scenes], smallest=12, threshold=THRESHOLD)
    things = [(s, face) for s, faces in zip(scenes, found, strict=True) for face in faces]
    if not things:
        return
    starts = [face.points for _, face in things]
    for _ in range(2):
        frames = [frame_face(five, mesh.config.size) for five in starts]
        squares = [
            cut_square(s.image, m, mesh.config.size)
            for (s, _), m in zip(things, frames, strict=True)
        ]
        features = read_features(mesh, np.stack(squares))
        for (scene, face), row in zip(things, features, strict=True):
            best = max((overlap(face.box, box) for box in scene.boxes()), default=0.0)
            if best >= 0.5 or best < 0.1:
                yield row, best >= 0.5
        meshes, _ = place_meshes(mesh, [s.image for s, _ in things], starts)
        starts = [five_points(points) for points in meshes]


def fit(features, present):
    """Return weight [1 d] and bias [1] of a logistic regression."""
    mean, spread = features.mean(0), features.std(0) + 1e-3
    x = (features - mean) / spread
    share = torch.where(present, 0.5 / present.sum(), 0.5 / (~present).sum())
    weight = torch.zeros(x.shape[1], requires_grad=True)
    bias = torch.zeros(1, requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def close():
        solver.zero_grad()
        loss = F.binary_cross_entropy_with_logits(
            x @ weight + bias, present.float(), share, reduction="sum"
        )
        loss = loss + DECAY * weight.square().sum()
        loss.backward()
        return loss

    solver.step(close)
    with torch.no_grad():
        logits = x @ weight + bias
        wrong = ((logits > 0) != present).float()
        print(
            f"wrong: {100 * wrong[present].mean():.2f} % of {int(present.sum())} faces, "
            f"{100 * wrong[~present].mean():.2f} % of {int((~present).sum())} others"
        )
        plain = weight / spread
        return plain[None].clone(), (bias - plain @ mean).clone()


def main():
    """Read the command line and write the network."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name in ("labels", "folder", "finder", "mesh", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--empty", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=4000)
    options = parser.parse_args()
    detector, bundle = load_detector(load_bundle(options.finder)), load_bundle(options.mesh)
    mesh = load_mesh(bundle)
    labelled, _ = read_labelled(options.labels, options.folder, options.empty)
    rows, present = [], []
    for first in range(0, options.scenes, 16):
        scenes = [compose_scene(labelled, SIZE, Dice(3, first + k)) for k in range(16)]
        for row, is_face in look(detector, mesh, scenes):
            rows.append(row)
            present.append(is_face)
    weight, bias = fit(torch.stack(rows), torch.tensor(present))
    tensors = {**bundle.tensors, "presence.weight": weight, "presence.bias": bias}
    save_bundle(options.out, replace(bundle, tensors=tensors), half=True)


if __name__ == "__main__":
    main()
