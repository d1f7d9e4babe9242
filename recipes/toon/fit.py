"""Teach `faces-64` to draw in a style, from latents and what they shall become.

    python recipes/toon/fit.py FOLDER toon RUN [--minutes 7] [--start WEIGHTS] [--encoder WEIGHTS]

The mapping network stays as it is, so that a person keeps the latents; the layers that draw learn
the drawings of that style in FOLDER. One drawing in twenty is kept for measuring. RUN gets
`toon.safetensors` (averaged weights), `samples.png` (generated, drawn and learned, of those kept
apart) and `log.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from facewright.device import seeded, to_images, to_tensor
from facewright.encode.invert import encode_faces
from facewright.encode.psp import load_encoder
from facewright.faces.features import compare_maps, load_face_features
from facewright.fit.ema import update_ema
from facewright.gan.weights import load_generator
from facewright.hub.bundle import save_bundle
from facewright.tasks.weights import open_weights

BATCH, RATE, HELD = 16, 1.5e-3, 20
EYES, EYES_WEIGHT = (slice(11, 29), slice(7, 57)), 0.6  # rows and columns in which eyes lie
SHARP, PERCEPTION = 1.0, 0.5


def read_drawings(folder, style):  # type: ignore[no-untyped-def]
    """Return latents (n, layers, dim) and drawings (n, 64, 64, 3)."""
    parts = [np.load(path) for path in sorted(folder.glob("*.npz"))]
    latents = np.concatenate([part["ws"] for part in parts])
    return torch.from_numpy(latents).float(), np.concatenate([part[style] for part in parts])


@torch.no_grad()
def encode_again(generator, encoder, latents):  # type: ignore[no-untyped-def]
    """Return what an encoder finds for the faces of latents, as it will find it for photographs."""
    parts = [encode_faces(generator, generator.synthesis(ws), encoder) for ws in latents.split(32)]
    return torch.cat(parts)


def measure(drawn, wanted, features):  # type: ignore[no-untyped-def]
    """Return the loss, and its parts by name: pixels, their differences, what is seen."""
    off = (drawn - wanted).abs()
    parts = {"pixels": off.mean()}
    parts["edges"] = sum((drawn.diff(dim=d) - wanted.diff(dim=d)).abs().mean() for d in (2, 3))
    parts["eyes"] = off[..., EYES[0], EYES[1]].mean()
    loss = parts["pixels"] + SHARP * parts["edges"] + EYES_WEIGHT * parts["eyes"]
    if features is not None:
        parts["perceptual"] = compare_maps(features(drawn), features(wanted)).mean()
        loss = loss + PERCEPTION * parts["perceptual"]
    return loss, {name: part.item() for name, part in parts.items()}


def write_sheet(path, before, generator, ws, wanted):  # type: ignore[no-untyped-def]
    """Write generated, drawn and learned faces below each other."""
    generator.freeze()  # its weights are others now
    with torch.no_grad():
        rows = [to_images(before.synthesis(ws)), wanted, to_images(generator.synthesis(ws))]
    sheet = np.concatenate([np.concatenate(list(row), axis=1) for row in rows])
    image = Image.fromarray(sheet)
    image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC).save(path)


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
    parser.add_argument("--minutes", type=float, default=7, help="of computing")
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    return options


def take_steps(learner, averaged, drawings, features, minutes):  # type: ignore[no-untyped-def]
    """Learn, and yield the part of the time that is over, with what was measured."""
    latents, pictures = drawings
    optimiser = torch.optim.Adam(learner.synthesis.parameters(), lr=RATE, betas=(0.9, 0.99))
    rng, began, step, sums, done = seeded(1), time.process_time(), 0, {}, 0.0
    while done < 1:
        done = min(1, (time.process_time() - began) / 60 / minutes)
        chosen = torch.randint(len(latents), (BATCH,), generator=rng)
        rate = RATE * min(1, (step + 1) / 50) * (0.5 + 0.5 * math.cos(math.pi * done))
        optimiser.param_groups[0]["lr"] = rate
        wanted = to_tensor(pictures[chosen.numpy()], torch.device("cpu"), torch.float32)
        drawn = learner.synthesis(latents[chosen], dtype=torch.bfloat16).float()
        loss, parts = measure(drawn, wanted, features if step % 2 else None)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        update_ema(averaged, learner, images=step * BATCH, batch=BATCH, half_life=4000, rampup=0.3)
        sums |= {name: 0.98 * sums.get(name, part) + 0.02 * part for name, part in parts.items()}
        yield done, {"step": step, "kimg": step * BATCH / 1000, **sums}


def main() -> None:
    """Read the command line, learn, write."""
    options = read_options()
    style, run = options.style, options.run
    latents, pictures = read_drawings(options.folder, style)
    held = torch.arange(len(latents)) % HELD == 0
    known, kept = (~held).nonzero()[:, 0], held.nonzero()[:, 0]
    bundle = open_weights("faces-64")
    begun = open_weights(options.start or "faces-64")
    before, learner, averaged = (load_generator(one) for one in (bundle, begun, begun))
    learner.synthesis.requires_grad_(requires_grad=True)
    features = load_face_features(open_weights("face-features"))
    drawings = latents[known], pictures[known.numpy()]
    if options.encoder:
        found = encode_again(before, load_encoder(open_weights(options.encoder)), drawings[0])
        drawings = torch.cat([drawings[0], found]), np.concatenate([drawings[1]] * 2)
    with (run / "log.jsonl").open("w") as log:
        for done, row in take_steps(learner, averaged, drawings, features, options.minutes):
            if row["step"] % 100 and done < 1:
                continue
            print(json.dumps(row), flush=True)
            print(json.dumps(row), file=log, flush=True)
            some = kept[:16]
            write_sheet(run / "samples.png", before, averaged, latents[some], pictures[some])
            tensors = averaged.state_dict()
            save_bundle(run / f"{style}.safetensors", replace(bundle, tensors=tensors))
    wanted = to_tensor(pictures[kept.numpy()], torch.device("cpu"), torch.float32)
    averaged.freeze()
    with torch.no_grad():
        own = measure(averaged.synthesis(latents[kept]), wanted, features)[1]
        plain = measure(before.synthesis(latents[kept]), wanted, features)[1]
    print(json.dumps({"kept apart": own, "faces-64": plain}))


if __name__ == "__main__":
    main()
