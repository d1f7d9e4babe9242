"""Measure what the distances of `face-features` say of small changes, on generated people.

python recipes/face-features/measure.py
"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from facewright.device import seeded
from facewright.faces.similarity.features import compare_maps, compare_traits, load_face_features
from facewright.gan.weights import load_generator
from facewright.pipelines.weights import open_weights

PEOPLE = 64


def main() -> None:
    """Draw people, change their pictures, print the distances."""
    features = load_face_features(open_weights("face-features"))
    generator, rng = load_generator(open_weights("faces-128")), seeded(0)
    z = torch.randn(PEOPLE, generator.config.z_dim, generator=rng)
    c = torch.cat([_draw_choices(count, rng) for count in (6, 2, 7)], 1)
    with torch.no_grad():
        x = generator(z, c, truncation_psi=0.7).clamp(-1, 1)
        for name, changed in change(x).items():
            seen, wanted = features(changed), features(x)
            root = (changed - x).square().mean((1, 2, 3)).sqrt().mean() * 127.5
            numbers = (root, compare_maps(seen, wanted).mean(), compare_traits(seen, wanted).mean())
            print(f"| {name} |", " | ".join(f"{float(n):.3f}" for n in numbers), "|")


def change(x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return pictures that were changed in some way, by its name."""
    noise = torch.randn(x.shape, generator=seeded(1))
    wide = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return {
        "lighter by 5 %": (x + 0.1).clamp(-1, 1),
        "blurred over 3×3 pixels": F.avg_pool2d(wide, 3, 1),
        "noise of 2.5 %": x + 0.05 * noise,
        "noise of 5 %": x + 0.1 * noise,
        "moved by a pixel": wide[..., 1:-1, :-2],
        "mirrored": x.flip(3),
        "other people": x.roll(1, 0),
    }


def _draw_choices(count: int, rng: torch.Generator) -> torch.Tensor:
    """Return one of several values for each person, (n, count)."""
    return F.one_hot(torch.randint(count, (PEOPLE,), generator=rng), count).float()


if __name__ == "__main__":
    main()
