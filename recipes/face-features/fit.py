"""Fit the network behind `face-features` to the labels of FairFace.

    python recipes/face-features/fit.py fairface-frontal.zip fairface-wild.zip RUN [--epochs 14]

One file in ten is kept apart, by a hash of its name. RUN gets `network.pt` (an own file of this
recipe, with the heads for age, gender and ethnicity) after every epoch, and `log.jsonl`.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import time
import zipfile
from pathlib import Path

import cv2
import numpy as np
import torch
from people import AGES, GENDERS, PEOPLE, Guesser
from PIL import Image
from split import is_test
from torch.nn import functional as F

SIZE, BATCH = 128, 32


def read_pictures(sources: list[Path]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures (n, 144, 144, 3), labels (n, 3) and which are kept apart (n,)."""
    pictures, labels, held = [], [], []
    for source in sources:
        with zipfile.ZipFile(source) as archive:
            for row in csv.DictReader(io.TextIOWrapper(archive.open("labels.csv"), "utf-8")):
                picture = Image.open(archive.open(f"images/{row['file']}")).convert("RGB")
                pictures.append(np.asarray(picture.resize((144, 144), Image.Resampling.BOX)))
                labels.append(
                    [
                        AGES.index(row["age"]),
                        GENDERS.index(row["gender"]),
                        PEOPLE.index(row["race"]),
                    ]
                )
                held.append(is_test(row["file"]))
    return np.stack(pictures), np.array(labels), np.array(held)


def vary(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one picture of SIZE, moved a little, in other light, sharp or not."""
    angle, scale = rng.normal(0, 4), SIZE / 144 * math.exp(rng.normal(0.06, 0.06))
    matrix = cv2.getRotationMatrix2D((71.5, 71.5), angle, scale)
    matrix[:, 2] += (SIZE - 1) / 2 - 71.5 + rng.normal(0, 3, 2)
    out = cv2.warpAffine(
        picture, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    if rng.random() < 0.5:
        out = out[:, ::-1]
    if rng.random() < 0.4:
        small = int(rng.integers(40, 100))
        out = cv2.resize(out, (small, small), interpolation=cv2.INTER_AREA)
        out = cv2.resize(out, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    out = out.astype(np.float32) / 127.5 - 1
    out = out * rng.uniform(0.75, 1.25) + rng.normal(0, 0.15) + rng.normal(0, 0.04, 3)
    if rng.random() < 0.1:
        out = np.repeat(out.mean(2, keepdims=True), 3, 2)
    return np.clip(out, -1, 1).astype(np.float32)


def centre(pictures: np.ndarray) -> torch.Tensor:
    """Return pictures as the network takes them, without variation."""
    small = [cv2.resize(x, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for x in pictures]
    return torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2).float() / 127.5 - 1


@torch.no_grad()
def measure(network: Guesser, pictures: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return how often the guesses are right, and how far ages are off."""
    network.eval()
    out = [network(centre(pictures[n : n + 64])) for n in range(0, len(pictures), 64)]
    age, gender, people = (torch.cat(part) for part in zip(*out, strict=True))
    wanted = torch.from_numpy(labels)
    years = network.years(age)
    return {
        "age": float((age.argmax(1) == wanted[:, 0]).float().mean()),
        "age_within_one": float(((age.argmax(1) - wanted[:, 0]).abs() <= 1).float().mean()),
        "years_off": float((years - network.middles[wanted[:, 0]]).abs().mean()),
        "gender": float((gender.argmax(1) == wanted[:, 1]).float().mean()),
        "ethnicity": float((people.argmax(1) == wanted[:, 2]).float().mean()),
    }


class Teacher:
    """Teaches the network epoch by epoch."""

    def __init__(self, pictures: np.ndarray, labels: np.ndarray, epochs: int) -> None:
        self.pictures, self.labels = pictures, torch.from_numpy(labels)
        self.rng, self.step = np.random.default_rng(0), 0
        self.batches = len(pictures) // BATCH
        self.steps, self.adam = epochs * self.batches, None
        # Rare ages count more, by the root of how rare they are.
        counts = torch.bincount(self.labels[:, 0], minlength=len(AGES)).float()
        self.weights = (counts.mean() / counts).sqrt()

    def teach(self, network: Guesser, average: dict[str, torch.Tensor]) -> float:
        """Show every picture once, average the weights, and return the mean loss."""
        if self.adam is None:
            self.adam = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=0.02)
        network.train()
        total, order = 0.0, self.rng.permutation(len(self.pictures))
        for chosen in order[: self.batches * BATCH].reshape(-1, BATCH):
            part = self.step / self.steps
            rate = 2e-3 * min(1, part / 0.05) * (0.5 + 0.5 * math.cos(math.pi * part))
            self.adam.param_groups[0]["lr"] = rate
            loss = self.measure_loss(network, chosen)
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
            self.step, total = self.step + 1, total + float(loss.detach())
            share = min(0.998, (1 + self.step) / (10 + self.step))
            for key, value in network.state_dict().items():
                if value.is_floating_point():
                    average[key].lerp_(value, 1 - share)
        return total / self.batches

    def measure_loss(self, network: Guesser, chosen: np.ndarray) -> torch.Tensor:
        """Return the loss of one batch."""
        varied = np.stack([vary(self.pictures[n], self.rng) for n in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            age, gender, people = network(torch.from_numpy(varied).permute(0, 3, 1, 2))
        wanted = self.labels[chosen]
        far = network.years(age.float()) - network.middles[wanted[:, 0]]
        return (
            F.cross_entropy(age.float(), wanted[:, 0], self.weights, label_smoothing=0.05)
            + 0.03 * F.smooth_l1_loss(far, torch.zeros_like(far), beta=5)
            + 0.5 * F.cross_entropy(gender.float(), wanted[:, 1], label_smoothing=0.05)
            + 0.7 * F.cross_entropy(people.float(), wanted[:, 2], label_smoothing=0.1)
        )


def main() -> None:
    """Read the command line, and fit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sources", type=Path, nargs=2)
    parser.add_argument("run", type=Path)
    parser.add_argument("--epochs", type=int, default=14)
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    pictures, labels, held = read_pictures(options.sources)
    torch.manual_seed(0)
    network, teacher = Guesser(), Teacher(pictures[~held], labels[~held], options.epochs)
    average = {key: value.clone() for key, value in network.state_dict().items()}
    for epoch in range(options.epochs):
        start, loss = time.time(), teacher.teach(network, average)
        kept = Guesser()
        kept.load_state_dict(average)
        told = {"epoch": epoch + 1, "loss": loss, "seconds": time.time() - start}
        told |= measure(kept, pictures[held], labels[held])
        torch.save(average, options.run / "network.pt")
        with (options.run / "log.jsonl").open("a") as log:
            log.write(json.dumps(told) + "\n")
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
