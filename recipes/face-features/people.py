"""A network that guesses which labels annotators gave to a face, and the names of the labels."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from facewright.faces.similarity.features import FaceFeatures, FeaturesConfig, load_face_features
from facewright.pipelines.weights import open_weights

AGES = ("20-29", "30-39", "40-49", "50-59", "60-69", "70+")
GENDERS = ("Female", "Male")
PEOPLE = (
    "Black",
    "East Asian",
    "Indian",
    "Latino_Hispanic",
    "Middle Eastern",
    "Southeast Asian",
    "White",
)


class Guesser(nn.Module):
    """Feature maps, their mean, and three heads."""

    def __init__(self) -> None:
        super().__init__()
        self.features = FaceFeatures(FeaturesConfig())
        width = self.features.config.widths[-1]
        self.drop = nn.Dropout(0.3)
        self.age = nn.Linear(width, len(AGES))
        self.gender = nn.Linear(width, len(GENDERS))
        self.people = nn.Linear(width, len(PEOPLE))
        self.register_buffer("middles", torch.tensor([25.0, 35, 45, 55, 65, 75]))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the logits of age group, gender and ethnicity of (n, 3, h, w) in [-1, 1]."""
        x = self.drop(self.features(images)[-1].mean((2, 3)))
        return self.age(x), self.gender(x), self.people(x)

    def years(self, age: torch.Tensor) -> torch.Tensor:
        """Return the mean age that the logits (n, 6) of the groups say, (n,), in years."""
        return age.softmax(1) @ self.middles


def load_guesser(path: Path) -> Guesser:
    """Return the network that fit.py wrote, or the heads of heads.py on the network that ships."""
    guesser, state = Guesser(), torch.load(path, weights_only=True)
    if not any(name.startswith("features.") for name in state):
        guesser.features = load_face_features(open_weights("face-features"))
        state = {**guesser.state_dict(), **state}
    guesser.load_state_dict(state)
    return guesser.eval().requires_grad_(requires_grad=False)
