"""Discriminators that see through a frozen network."""

import torch

from facewright.convert.blocks import build_seeded
from facewright.convert.discriminators import PatchConfig
from facewright.convert.training.projected import ProjectedDiscriminator, view_faces
from facewright.device import seeded
from facewright.faces.detection.blocks import fold_norms
from facewright.faces.similarity.features import FaceFeatures, FeaturesConfig

CONFIG = FeaturesConfig(size=16, widths=(3, 4), depths=(0, 1))


def build_features() -> FaceFeatures:
    network = fold_norms(build_seeded(lambda: FaceFeatures(CONFIG), 0).eval())
    return network.requires_grad_(False)


def draw(seed: int) -> torch.Tensor:
    return torch.rand(2, 3, 24, 24, generator=seeded(seed)) * 2 - 1


def test_patches_and_every_map_are_scored() -> None:
    patches = PatchConfig("n-layers", layers=1, filters=2)
    judge = build_seeded(lambda: ProjectedDiscriminator(patches, CONFIG.widths), 1)
    scores = judge(draw(0), view_faces(build_features(), draw(0), seeded(0)))
    assert [tuple(x.shape[:2]) for x in scores] == [(2, 1)] * 3
    assert [x.shape[-1] for x in scores[1:]] == [8, 4]


def test_views_differ_by_chance_alone_and_let_gradients_through() -> None:
    features, pictures = build_features(), draw(0).requires_grad_()
    once, again, other = (view_faces(features, pictures, seeded(n))[0] for n in (1, 1, 2))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    once.square().sum().backward()
    assert pictures.grad is not None
    assert pictures.grad.any()
