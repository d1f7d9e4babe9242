"""Small pictures that do not look alike."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.collect.gather import About, collect
from facewright.collect.library.folder import open_library
from facewright.collect.sources.items import Limits, Reading
from facewright.collect.sources.layouts import label_picture
from facewright.collect.sources.web.fetch import FetchPolicy


def _paint(seed, size=(64, 64)):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return np.array(Pillow.fromarray(coarse).resize(size, Pillow.Resampling.BICUBIC))


@pytest.fixture(scope="session")
def paint():
    """Paint the picture of a seed."""
    return _paint


@pytest.fixture(scope="session")
def picture():
    """Return the bytes of a seed's picture in some format."""

    def make(seed, kind="PNG", size=(64, 64), mode="RGB", **options):
        file = BytesIO()
        Pillow.fromarray(_paint(seed, size)).convert(mode).save(file, kind, **options)
        return file.getvalue()

    return make


@pytest.fixture
def gather(tmp_path):
    """Collect sources into one library; return what was done."""

    def run(*sources, similar=24, limits=None, policy=None, **about):
        about = About(**{"licence": "CC0-1.0", "date": "2026-03-01", **about})
        polite = policy or FetchPolicy(first_wait=0.01, timeout=5, private=True)
        with open_library(tmp_path / "library", similar=similar) as library:
            names = [str(source) for source in sources]
            return collect(names, library, about, limits=limits, policy=polite)

    return run


@pytest.fixture
def reading(tmp_path):
    """Return what a source is read with."""

    def make(**limits):
        policy = FetchPolicy(first_wait=0.01, timeout=1)
        return Reading(
            Limits(**limits),
            policy,
            {},
            lambda name: label_picture([], name),
            tmp_path / "library",
        )

    return make
