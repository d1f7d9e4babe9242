"""Teach `faces-64` to draw in a style at 128 pixels, from latents and what they shall become.

    python recipes/toon/fit.py FOLDER toon RUN [--minutes 22] [--start WEIGHTS] [--encoder WEIGHTS]

The mapping network stays as it is, so that a person keeps the latents; the layers that draw, and
one block more of them, learn the drawings of that style in FOLDER. One drawing in twenty is kept
for measuring. RUN gets `toon.safetensors` (averaged weights), `samples.png` (generated, drawn and
learned, of those kept apart) and `log.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d, interpolate

from facewright.device import seeded, to_images, to_tensor
from facewright.faces.similarity.features import compare_maps, load_face_features
from facewright.gan.weights import (
    build_generator,
    copy_matching,
    load_generator,
    load_labels,
    pack_generator,
    read_template,
)
from facewright.hub.bundle import save_bundle
from facewright.latents.edit import extend_styles
from facewright.latents.encoder.psp import load_encoder
from facewright.latents.invert import encode_faces
from facewright.pipelines.weights import open_weights
from facewright.training.ema import update_ema

SIZE, BATCH, RATE, HELD = 128, 12, 2e-3, 20
PARTS = {"eyes": (0.10, 0.46, 0.08, 0.92), "mouth": (0.58, 0.84, 0.22, 0.78)}
"""Rows and columns that count twice, from and to, in parts of the picture."""
SHARP, PERCEPTION = 2.0, 0.4


def read_drawings(folder, style):  # type: ignore[no-untyped-def]
    """Return latents (n, layers, dim) and drawings (n, 128, 128, 3)."""
    latents, pictures = [], []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as part:
            latents.append(part["ws"])
            pictures.append(part[style])
    return torch.from_numpy(np.concatenate(latents)).float(), np.concatenate(pictures)


def add_block(bundle):  # type: ignore[no-untyped-def]
    """Return the generator of a bundle at 128 pixels, where a new block adds nothing yet."""
    small = load_generator(bundle)
    if small.config.resolution == SIZE:
        return small
    large = build_generator(replace(small.config, resolution=SIZE))
    copy_matching(large, small.state_dict())
    last = large.synthesis.get_submodule(f"b{SIZE}")
    torch.nn.init.zeros_(last.torgb.weight)
    return large


@torch.no_grad()
def encode_again(generator, encoder, latents):  # type: ignore[no-untyped-def]
    """Return what an encoder finds for the faces of latents, as it will find it for photographs."""
    parts = [encode_faces(generator, generator.synthesis(ws), encoder) for ws in latents.split(32)]
    return torch.cat(parts)


def find_part(name):  # type: ignore[no-untyped-def]
    """Return the rows and columns of a part of the face."""
    top, bottom, left, right = (round(side * SIZE) for side in PARTS[name])
    return slice(top, bottom), slice(left, right)


def weigh_places():  # type: ignore[no-untyped-def]
    """Return how much each pixel counts, (128, 128)."""
    weight = torch.ones(SIZE, SIZE)
    for name in PARTS:
        weight[find_part(name)] = 2.0
    return weight / weight.mean()


def measure(drawn, wanted, weight, features):  # type: ignore[no-untyped-def]
    """Return the loss, and its parts by name: pixels, their differences, what is seen."""
    off = drawn - wanted
    parts = {"pixels": (off.abs() * weight).mean()}
    parts["edges"] = sum(
        (off.diff(dim=d).abs() * weight.narrow(d - 2, 1, SIZE - 1)).mean() for d in (2, 3)
    )
    loss = parts["pixels"] + SHARP * parts["edges"]
    if features is not None:
        seen = [features(avg_pool2d(x, 2)) for x in (drawn, wanted)]
        parts["perceptual"] = compare_maps(*seen).mean()
        loss = loss + PERCEPTION * parts["perceptual"]
    return loss, {name: part.item() for name, part in parts.items()}


def write_sheet(path, before, generator, ws, wanted):  # type: ignore[no-untyped-def]
    """Write generated, drawn and learned faces below each other."""
    generator.freeze()  # its weights are others now
    with torch.no_grad():
        faces = to_images(before.synthesis(ws))
        faces = [cv2.resize(face, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) for face in faces]
        learned = to_images(generator.synthesis(extend_styles(ws, generator.num_ws)))
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in (faces, wanted, learned)])
    Image.fromarray(sheet).save(path)


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("style")
    parser.add_argument("run", type=Path)
    parser.add_argument("--start", help="weights to go on from, instead of faces-64")
    parser.add_argument("--encoder", help="let half of the latents be what it finds")
    parser.add_argument("--minutes", type=float, default=22, help="of computing")
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    return options


def take_steps(learner, averaged, drawings, features, minutes):  # type: ignore[no-untyped-def]
    """Learn, and yield the part of the time that is over, with what was measured."""
    latents, pictures = drawings
    optimiser = torch.optim.Adam(learner.synthesis.parameters(), lr=RATE, betas=(0.9, 0.99))
    rng, began, step, sums, done = seeded(1), time.process_time(), 0, {}, 0.0
    weight = weigh_places()
    while done < 1:
        done = min(1, (time.process_time() - began) / 60 / minutes)
        chosen = torch.randint(len(latents), (BATCH,), generator=rng)
        rate = RATE * min(1, (step + 1) / 50) * (0.5 + 0.5 * math.cos(math.pi * done))
        optimiser.param_groups[0]["lr"] = rate
        rows = (chosen % len(pictures)).numpy()
        wanted = to_tensor(pictures[rows], torch.device("cpu"), torch.float32)
        ws = extend_styles(latents[chosen], learner.num_ws)
        drawn = learner.synthesis(ws, dtype=torch.bfloat16).float()
        loss, parts = measure(drawn, wanted, weight, features if step % 2 else None)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        update_ema(averaged, learner, images=step * BATCH, batch=BATCH, half_life=4000, rampup=0.3)
        sums |= {name: 0.98 * sums.get(name, part) + 0.02 * part for name, part in parts.items()}
        yield done, {"step": step, "kimg": step * BATCH / 1000, **sums}


@torch.no_grad()
def measure_kept(generator, latents, pictures, features):  # type: ignore[no-untyped-def]
    """Return how far a generator is from drawings that were kept apart, by what is compared.

    Pictures of fewer pixels are enlarged by a bicubic filter.
    """
    rows = []
    for chosen in torch.arange(len(latents)).split(30):
        wanted = to_tensor(pictures[chosen.numpy()], torch.device("cpu"), torch.float32)
        drawn = generator.synthesis(extend_styles(latents[chosen], generator.num_ws))
        if drawn.shape[-1] != SIZE:
            drawn = interpolate(drawn, size=SIZE, mode="bicubic")
        off = (drawn - wanted).abs().mean(1)  # [n h w]
        parts = [off.mean((1, 2)), *(off[:, *find_part(name)].mean((1, 2)) for name in PARTS)]
        seen = compare_maps(*(features(avg_pool2d(x, 2)) for x in (drawn, wanted)))
        rows.append(torch.stack([*parts, seen], 1))
    means = torch.cat(rows).mean(0).tolist()
    return dict(zip(("pixels", *PARTS, "perceptual"), means, strict=True))


def main() -> None:
    """Read the command line, learn, write."""
    options = read_options()
    style, run = options.style, options.run
    latents, pictures = read_drawings(options.folder, style)
    held = torch.arange(len(latents)) % HELD == 0
    known, kept = (~held).nonzero()[:, 0], held.nonzero()[:, 0]
    bundle = open_weights("faces-64")
    begun = open_weights(options.start or "faces-64")
    before, learner, averaged = load_generator(bundle), add_block(begun), add_block(begun)
    averaged.load_state_dict(learner.state_dict())
    learner.synthesis.requires_grad_(requires_grad=True)
    features = load_face_features(open_weights("face-features"))
    drawings = latents[known], pictures[known.numpy()]
    if options.encoder:
        found = encode_again(before, load_encoder(open_weights(options.encoder)), drawings[0])
        drawings = torch.cat([drawings[0], found]), drawings[1]
    about = {"labels": load_labels(bundle), "template": read_template(bundle)}
    with (run / "log.jsonl").open("w") as log:
        for done, row in take_steps(learner, averaged, drawings, features, options.minutes):
            if row["step"] % 200 and done < 1:
                continue
            print(json.dumps(row), flush=True)
            print(json.dumps(row), file=log, flush=True)
            some = kept[:14]
            write_sheet(run / "samples.png", before, averaged, latents[some], pictures[some])
            save_bundle(
                run / f"{style}.safetensors", pack_generator(averaged, bundle.card, **about)
            )
    averaged.freeze()
    chosen, wanted = latents[kept], pictures[kept.numpy()]
    for name, generator in ((style, averaged), ("faces-64", before)):
        print(json.dumps({name: measure_kept(generator, chosen, wanted, features)}))


if __name__ == "__main__":
    main()
