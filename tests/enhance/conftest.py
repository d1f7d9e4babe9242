"""Tiny enhancers, and pictures to learn from."""

import cv2
import numpy as np
import pytest
import torch

from facewright.datasets.stored import Gathered
from facewright.device import seeded
from facewright.enhance.network import EnhancerConfig, build_enhancer


@pytest.fixture(scope="session")
def build():
    """Build a tiny network that is far from doing nothing."""

    def make(*, scale=2, blocks=1, shaken=True):
        network = build_enhancer(EnhancerConfig(scale, filters=4, blocks=blocks), seed=0)
        if shaken:
            torch.nn.init.normal_(network.last.weight, 0, 0.2, generator=seeded(1))
        return network.eval()

    return make


@pytest.fixture
def pictures():
    """Four blurred random pictures, of two sizes."""
    rng, images = np.random.default_rng(0), []
    for number in range(4):
        noise = rng.normal(128, 100, (40, 40 + 8 * (number % 2), 3))
        images.append(cv2.GaussianBlur(noise, (0, 0), 1.0).clip(0, 255).astype(np.uint8))
    return Gathered("blurs", "0" * 64, images)
