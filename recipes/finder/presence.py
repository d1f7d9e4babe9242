"""Teach the mesh network anew what is a face: its last layer alone, so that points stay the same.

    python recipes/finder/presence.py merged.npz FOLDER FACELESS.zip FINDER.safetensors
        MESH.safetensors OUT.safetensors [--faces N] [--faceless N]

Faces: those of the training files, turned, moved and covered as in training, some with masks and
sunglasses. No faces: what the detector takes for one, from a score of 0.15 on, on pictures without
a face, at the first look and at the second; and faces that are seen turned by 75 degrees and more,
or much too large, too small or aside, so that a mesh is never laid across a face. The layer is
fitted by logistic regression with its present weights as the prior.
"""

import argparse
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from facewright.datasets.labelled import read_labelled
from facewright.faces.detection.detector import detect_faces, load_detector
from facewright.faces.detection.landmarks import cut_square, frame_face, load_mesh, place_meshes
from facewright.faces.detection.mesh_detector import turn_points
from facewright.faces.geometry.topology import five_points
from facewright.faces.training.coverings import cover_face
from facewright.faces.training.example_rng import ExampleRng
from facewright.faces.training.examples import make_mesh_example
from facewright.faces.training.light import change_light, compress
from facewright.hub.bundle import load_bundle, save_bundle

LEAST = 0.15
DECAY = 3e-5
STEPS = 1500


def look(mesh, squares):
    """Return what the last layer sees of squares [n size size 3]: [n features]."""
    found = []
    for first in range(0, len(squares), 64):
        x = torch.from_numpy(np.stack(squares[first : first + 64])).permute(0, 3, 1, 2)
        x = (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            found.append(mesh.body(x).flatten(1).float())
    return torch.cat(found)


def show_faces(labelled, size, count):
    """Yield squares that show a face."""
    for number in range(count):
        rng = ExampleRng(11, number)
        if rng.chance(0.65):
            square, _, present = make_mesh_example(labelled, size, rng)
            if not present:
                continue
        else:
            index = rng.pick(len(labelled.images))
            image, points = labelled.images[index], labelled.points[index]
            image = cover_face(image, points, rng)
            start = turn_points(five_points(points), rng.between(-35, 35))
            square = cut_square(image, frame_face(start, size), size, border=rng.pick(256))
            square = change_light(square, rng)
        yield compress(square, round(rng.between(40, 95))) if rng.chance(0.3) else square


def show_wrong(labelled, size, count):
    """Yield squares in which a face lies across, or is not what the square is about."""
    for number in range(count):
        rng = ExampleRng(12, number)
        index = rng.pick(len(labelled.images))
        five = five_points(labelled.points[index])
        if rng.chance(0.6):
            five = turn_points(five, rng.between(75, 285))
        else:
            width = float(np.linalg.norm(five[0, :2] - five[3:5, :2].mean(0)))
            aside = width * np.array([rng.between(-1.6, 1.6), rng.between(-1.6, 1.6)])
            middle = five[:, :2].mean(0)
            zoom = rng.ratio(0.3, 0.5) if rng.chance(0.5) else rng.ratio(2.2, 4.0)
            if np.linalg.norm(aside) > 0.9 * width:
                zoom = 1.0
            five[:, :2] = (five[:, :2] - middle) * zoom + middle + aside
        square = cut_square(
            labelled.images[index], frame_face(five, size), size, border=rng.pick(256)
        )
        yield change_light(square, rng)


def show_mistakes(detector, mesh, archive, names):
    """Yield squares of what the detector takes for a face, at both looks."""
    size = mesh.config.size
    for name in names:
        image = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB"))
        faces = detect_faces(detector, [image], threshold=LEAST)[0]
        faces = sorted(faces, key=lambda face: -face.score)[:4]
        if not faces:
            continue
        starts = [face.points for face in faces]
        meshes, _ = place_meshes(mesh, [image] * len(starts), starts)
        for start in starts + [five_points(points) for points in meshes]:
            yield cut_square(image, frame_face(start, size), size)


def fit(mesh, faces, others):
    """Return the weight and the bias of the layer."""
    x = torch.cat([faces, others])
    y = torch.cat([torch.ones(len(faces)), torch.zeros(len(others))])
    spread = x.std(0).clamp(min=1e-3)
    old = mesh.presence.weight[0].float().clone()
    change = torch.zeros_like(old).requires_grad_()
    bias = mesh.presence.bias.float().clone().requires_grad_()
    adam = torch.optim.Adam([change, bias], lr=0.02)
    weight = torch.where(y > 0, 0.5 / len(faces), 0.5 / len(others))
    for step in range(STEPS):
        for group in adam.param_groups:
            group["lr"] = 0.02 * (1 - step / STEPS)
        logit = x @ (old + change / spread) + bias
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, y, reduction="none")
        total = (weight * loss).sum() + DECAY * change.square().sum()
        adam.zero_grad()
        total.backward()
        adam.step()
    return (old + change / spread).detach(), bias.detach()


def tell(name, logits, present):
    """Print which share is taken for what it is."""
    right = ((logits > 0) == present).float().mean()
    print(f"{name}: {len(logits)}, {100 * float(right):.2f} % right", flush=True)


def main():
    """Read the command line, fit, and write the weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for name in ("labels", "folder", "pictures", "finder", "mesh", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--faces", type=int, default=6000)
    parser.add_argument("--faceless", type=int, default=6000)
    options = parser.parse_args()
    bundle = load_bundle(options.mesh)
    mesh, detector = load_mesh(bundle), load_detector(load_bundle(options.finder))
    detector = detector.to(torch.bfloat16)
    labelled, _ = read_labelled(options.labels, options.folder, options.pictures)
    size = mesh.config.size
    archive = zipfile.ZipFile(options.pictures)
    names = [name for name in archive.namelist() if not name.startswith("again/")]
    chosen = np.random.default_rng(0).permutation(len(names))[: options.faceless]
    faces = look(mesh, list(show_faces(labelled, size, options.faces)))
    wrong = look(mesh, list(show_wrong(labelled, size, options.faces // 2)))
    mistakes = look(mesh, list(show_mistakes(detector, mesh, archive, [names[i] for i in chosen])))
    for name, part, present in (("faces", faces, True), ("across", wrong, False)):
        tell(f"before, {name}", mesh.presence(part)[:, 0], present)
    tell("before, no faces", mesh.presence(mistakes)[:, 0], False)
    weight, bias = fit(mesh, faces, torch.cat([wrong, mistakes]))
    for name, part, present in (
        ("faces", faces, True),
        ("across", wrong, False),
        ("no faces", mistakes, False),
    ):
        tell(f"after, {name}", part @ weight + bias, present)
    tensors = {**bundle.tensors, "presence.weight": weight[None], "presence.bias": bias}
    save_bundle(options.out, replace(bundle, tensors=tensors), half=True)


if __name__ == "__main__":
    main()
