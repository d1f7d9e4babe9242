"""Fit the heads for age, gender and ethnicity again, to the network as it ships.

    python recipes/face-features/heads.py fairface-frontal.zip fairface-wild.zip NETWORK.pt

What ships as `face-features` has no heads any more; recipes/directions needs them. The feature maps
stay as they are; the heads learn from their means, of the pictures and of their mirror images. One
file in ten is kept apart, as in fit.py; how often the heads agree with it is printed. Minutes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from fit import SIZE, read_pictures
from people import Guesser
from torch.nn import functional as F

from facewright.faces.similarity.features import load_face_features
from facewright.pipelines.weights import open_weights

BATCH, STEPS, DECAY = 64, 1500, 1e-3


@torch.no_grad()
def look(guesser: Guesser, pictures: np.ndarray) -> torch.Tensor:
    """Return the mean of the last feature map of each picture (n, 144, 144, 3), (n, width)."""
    margin = (144 - SIZE) // 2
    cut = pictures[:, margin : margin + SIZE, margin : margin + SIZE]
    parts = []
    for start in range(0, len(cut), BATCH):
        x = torch.from_numpy(np.ascontiguousarray(cut[start : start + BATCH]))
        x = x.permute(0, 3, 1, 2).float() / 127.5 - 1
        parts.append(guesser.features(x)[-1].mean((2, 3)))
    return torch.cat(parts)


def main() -> None:
    """Read the command line, look, fit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("network", type=Path)
    options = parser.parse_args()
    torch.manual_seed(0)
    guesser = Guesser()
    guesser.features = load_face_features(open_weights("face-features"))
    guesser.requires_grad_(requires_grad=False).eval()
    pictures, labels, held = read_pictures(options.sources)
    seen, mirrored = look(guesser, pictures), look(guesser, pictures[:, :, ::-1])
    targets, kept = torch.from_numpy(labels), torch.from_numpy(held)
    x, y = torch.cat([seen[~kept], mirrored[~kept]]), torch.cat([targets[~kept]] * 2)
    mean, std = x.mean(0), x.std(0)
    heads = (guesser.age, guesser.gender, guesser.people)
    for head in heads:
        head.requires_grad_(requires_grad=True)
    optimiser = torch.optim.AdamW(
        [p for h in heads for p in h.parameters()], 3e-3, weight_decay=DECAY
    )
    for _ in range(STEPS):
        chosen = torch.randint(len(x), (512,))
        z = (x[chosen] - mean) / std
        loss = sum(F.cross_entropy(h(z), y[chosen, i]) for i, h in enumerate(heads))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        for head in heads:  # so that they take the means as they are
            head.weight /= std
            head.bias -= head.weight @ mean
        agree = [
            float((h(seen[kept]).argmax(1) == targets[kept, i]).float().mean())
            for i, h in enumerate(heads)
        ]
    names = ("age", "gender", "ethnicity")
    print(
        json.dumps(
            {n: round(a, 3) for n, a in zip(names, agree, strict=True)}
            | {"pictures": int(kept.sum())}
        )
    )
    state = guesser.state_dict()
    torch.save({k: x for k, x in state.items() if not k.startswith("features.")}, options.network)


if __name__ == "__main__":
    main()
