"""Finish the translators of `wear` on pairs: the same faces without and with marks.

    python recipes/wear/finish.py train snapshot.safetensors fairface-frontal.zip OUT.safetensors

The marks are drawn, so what a marked face looked like before is known. In so short a run the
discriminators, which see features of pale pictures, do not teach colour: here the way there learns
the colour of the marks (mean square), keeps what it has learned of light and dark, and comes a
little nearer to the pair; the way back learns the clean picture. On pairs, blotches follow the
face's own light and dark instead of noise: what is random cannot be learned from a pair.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from compose import choose, mark, read_rows
from PIL import Image
from torch.nn import functional as F

from facewright.convert.generators import Translator
from facewright.convert.weights import load_translator
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.pipelines.find import FindPipeline
from facewright.types import Bundle

SIZE, BATCH, RATE = 128, 4, 5e-4


def make_pairs(source: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return faces without and with marks, (n, 128, 128, 3) each; none that are kept apart."""
    finder, pairs = FindPipeline(device="cpu").finder, []
    names = choose(read_rows(source), "clean", 10**6)
    names = sorted(names, key=lambda name: hashlib.sha256(("pair" + name).encode()).digest())
    with zipfile.ZipFile(source) as archive:
        for name in names[:count]:
            image = np.asarray(Image.open(archive.open(f"images/{name}")).convert("RGB"))
            marked = mark(image, name, finder, own_blotches=True)
            if marked is not None:
                pairs.append([shrink(image), shrink(marked)])
    clean, worn = np.stack(pairs).swapaxes(0, 1)
    return clean, worn


def shrink(image: np.ndarray) -> np.ndarray:
    """Return a picture of 128 pixels."""
    return np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.BOX))


def free_colour(bundle: Bundle) -> Bundle:
    """Return translators that draw changes of colour in full, and so far the same ones."""
    config, tensors = dict(bundle.config), dict(bundle.tensors)
    share = config["translator"].get("colour", 0.25)
    last = max(int(name.split(".")[2]) for name in tensors)
    for way in ("forward", "reverse"):
        for kind in ("weight", "bias"):
            name = f"{way}.model.{last}.{kind}"
            tensor = tensors[name].float()
            tensors[name] = torch.lerp(
                tensor.mean(0, keepdim=True).expand_as(tensor), tensor, share
            )
    config["translator"] = {**config["translator"], "colour": 1.0}
    return replace(bundle, config=config, tensors=tensors)


def split(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the brightness of pictures, and their colours without it."""
    light = x.mean(1, keepdim=True)
    return light, x - light


def learn(
    ways: tuple[Translator, Translator | None, Translator],
    a: torch.Tensor,
    b: torch.Tensor,
    weight: float,
) -> torch.Tensor:
    """Return the loss of some pairs: clean faces `a`, marked ones `b`.

    Args:
        ways: The way there, the way back unless it is left alone, and the way there as it was.
        a: (n, 3, h, w).
        b: (n, 3, h, w).
        weight: Of the colour of the marks.
    """
    there, back, kept = ways
    with torch.autocast("cpu", torch.bfloat16):
        made = there(a).float()
        undone = a if back is None else back(b).float()
        with torch.no_grad():
            before, _ = split(kept(a).float())
    (light, colour), (wanted_light, wanted_colour) = split(made), split(b)
    forward = weight * F.mse_loss(colour, wanted_colour) + F.l1_loss(light, before)
    return forward + 0.3 * F.l1_loss(light, wanted_light) + F.l1_loss(undone, a)


def main() -> None:
    """Read the command line, and train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("deed", choices=["train"])
    for name in ("snapshot", "source", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--pairs", type=int, default=480)
    parser.add_argument("--steps", type=int, default=280)
    parser.add_argument("--weight", type=float, default=100, help="of the colour of the marks")
    parser.add_argument("--there", action="store_true", help="teach the way there alone")
    options = parser.parse_args()
    torch.manual_seed(0)
    clean, worn = make_pairs(options.source, options.pairs)
    print(f"{len(clean)} pairs", flush=True)
    bundle, rng = free_colour(load_bundle(options.snapshot)), np.random.default_rng(0)
    there, back = (load_translator(bundle, way).requires_grad_(True) for way in ("", "reverse"))
    kept, start = copy.deepcopy(there).requires_grad_(False), time.time()
    adam = torch.optim.Adam([*there.parameters(), *back.parameters()], RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, options.steps, pct_start=0.1)
    for step in range(options.steps):
        chosen, flip = rng.integers(len(clean), size=BATCH), 1 - 2 * int(rng.integers(2))
        a, b = (
            torch.from_numpy(np.ascontiguousarray(side[chosen][:, :, ::flip]))
            .permute(0, 3, 1, 2)
            .float()
            / 127.5
            - 1
            for side in (clean, worn)
        )
        loss = learn((there, None if options.there else back, kept), a, b, options.weight)
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
        if step % 40 == 39:
            print(f"{step + 1} steps, {time.time() - start:.0f} s, {loss.item():.4f}", flush=True)
            save(bundle, there, back, options.out)


def save(bundle, there: Translator, back: Translator, path: Path) -> None:
    """Write both translators."""
    tensors = {
        f"{way}.{name}": tensor.detach()
        for way, network in (("forward", there), ("reverse", back))
        for name, tensor in network.state_dict().items()
    }
    save_bundle(path, replace(bundle, tensors=tensors), half=True)


if __name__ == "__main__":
    main()
