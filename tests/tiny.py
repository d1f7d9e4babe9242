"""A tiny generator with labels, a tiny dataset, and a detector that takes red blocks for faces."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from facewright.datasets.labels import LabelGroup
from facewright.device import seeded
from facewright.faces.geometry.topology import CANONICAL
from facewright.faces.similarity.features import FaceFeatures, FeaturesConfig
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.layers.quality import LEVELS, MOST_REJECTED, QualityScorer, ScorerTensors
from facewright.gan.weights import LabelTable, load_labels, measure_centres, pack_generator
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.latents.sample import draw_latents
from facewright.pipelines.find import FindPipeline
from facewright.provenance.publish import publish_image
from facewright.types import Card, Face, Manifest

GROUPS = (LabelGroup("age", ("20-29", "30-39", "40-49")), LabelGroup("gender", ("f", "m")))
RESOLUTION = 16


def build_generator(*, c_dim=5, seed=0):
    config = GeneratorConfig(
        resolution=RESOLUTION,
        z_dim=8,
        w_dim=8,
        c_dim=c_dim,
        channel_base=64,
        channel_max=8,
        mapping_layers=2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Generator(config)


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """The file of a generator that knows age and gender."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    vectors = torch.tensor([[float(i == a) for i in range(3)] + [1.0, 0.0] for a in range(3)])
    table = LabelTable(GROUPS, vectors, torch.ones(3))
    card = Card(name="tiny", kind="generator", trained_on="nothing", licence="CC0-1.0")
    save_bundle(path, pack_generator(build_generator(), card, labels=table))
    return str(path)


@pytest.fixture(scope="session")
def choosy_weights(tmp_path_factory):
    """The file of a generator with centres, and with a scorer that rejects half of the people."""
    path = tmp_path_factory.mktemp("weights") / "choosy.safetensors"
    vectors = torch.tensor([[float(i == a) for i in range(3)] + [1.0, 0.0] for a in range(3)])
    table = LabelTable(GROUPS, vectors, torch.ones(3))
    generator = build_generator().requires_grad_(False)
    generator.centres = measure_centres(generator, table)
    z, c = draw_latents(generator.config, range(500), labels=table)
    scores = generator.mapping(z, c)[:, 0]
    quantiles = scores.quantile(torch.linspace(0, MOST_REJECTED, LEVELS))[None]
    tensors = ScorerTensors(torch.eye(9)[:, :1], torch.eye(4)[0], quantiles)
    generator.scorer = QualityScorer((), tensors, 0.5)
    card = Card(name="choosy", kind="generator", trained_on="nothing", licence="CC0-1.0")
    save_bundle(path, pack_generator(generator, card, labels=table))
    return str(path)


@pytest.fixture(scope="session")
def characters(tmp_path_factory, weights):
    """The file of a generator of the architecture and with the labels of `weights`."""
    path = tmp_path_factory.mktemp("weights") / "characters.safetensors"
    card = Card("characters", "generator", licence="CC-BY-4.0", trained_on="drawings")
    labels = load_labels(load_bundle(Path(weights)))
    save_bundle(path, pack_generator(build_generator(seed=2), card, labels=labels))
    return str(path)


@pytest.fixture(scope="session")
def larger(tmp_path_factory, weights):
    """The file of a generator with one block more."""
    path = tmp_path_factory.mktemp("weights") / "larger.safetensors"
    return _save_other(path, weights, resolution=32)


@pytest.fixture(scope="session")
def thinner(tmp_path_factory, weights):
    """The file of a generator of other layers."""
    path = tmp_path_factory.mktemp("weights") / "thinner.safetensors"
    return _save_other(path, weights, channel_max=4)


def _save_other(path, weights, **changes):
    """Write a generator that differs from `weights` in some of its configuration."""
    generator = Generator(replace(build_generator().config, **changes))
    labels = load_labels(load_bundle(Path(weights)))
    save_bundle(path, pack_generator(generator, Card(path.stem, "generator"), labels=labels))
    return str(path)


@pytest.fixture(scope="session")
def plain_weights(tmp_path_factory):
    """The file of a generator without labels."""
    path = tmp_path_factory.mktemp("weights") / "plain.safetensors"
    card = Card(name="plain", kind="generator")
    save_bundle(path, pack_generator(build_generator(c_dim=0, seed=1), card))
    return str(path)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    """A folder of twelve pictures with labels."""
    folder = tmp_path_factory.mktemp("data") / "noise"
    rng = np.random.default_rng(0)
    names = [f"{number:02}.png" for number in range(12)]
    for name in names:
        image = rng.integers(0, 256, (RESOLUTION, RESOLUTION, 3), dtype=np.uint8)
        publish_image(image, folder / name, Manifest("noise", {}))
    labels = [[name, number % 3] for number, name in enumerate(names)]
    groups = [{"name": "age", "values": list(GROUPS[0].values)}]
    text = json.dumps({"labels": labels, "label_groups": groups, "licence": "CC0-1.0"})
    (folder / "dataset.json").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def paint():
    """Paint a picture with a red block per box: left, top, right, bottom, in whole pixels."""

    def make(*boxes, size=(60, 80), ground=(20, 90, 160)):
        image = np.full((*size, 3), ground, np.uint8)
        for left, top, right, bottom in boxes:
            image[top : bottom + 1, left : right + 1] = (255, 0, 0)
        return image

    return make


class RedDetector:
    """Finds red blocks, the largest first."""

    def __init__(self):
        self.asked = []

    def find(self, images, *, smallest=None, threshold=0.5):
        self.asked.append((len(images), smallest, threshold))
        return [self._find(image, smallest or 0) for image in images]

    def follow(self, images, _faces):
        return self.find(images)

    def _find(self, image, smallest):
        reddish = (image[:, :, 0] > 150) & (image[:, :, 1:].max(axis=2) < 90)
        _, _, blocks, _ = cv2.connectedComponentsWithStats(reddish.astype(np.uint8))
        boxes = [(x, y, x + w - 1, y + h - 1, area) for x, y, w, h, area in blocks[1:].tolist()]
        large = [box[:4] for box in sorted(boxes, key=lambda box: -box[4]) if box[4] >= 25]
        return [self._place(*box) for box in large if box[2] - box[0] + 1 >= smallest]

    def _place(self, left, top, right, bottom):
        points = CANONICAL * ((bottom - top) / np.ptp(CANONICAL[:, 1]))
        points[:, :2] += ((left + right) / 2, (top + bottom) / 2)
        return Face(np.array([left, top, right, bottom], np.float32), points, 0.9)


@pytest.fixture(scope="session")
def portrait(tmp_path_factory):
    """A picture of a face, a red block with bars that no other block has."""
    image = np.full((120, 100, 3), (40, 60, 50), np.uint8)
    image[20:100, 15:85] = (200, 40, 40)
    image[20:100:9, 15:85] = (165, 80, 85)
    path = tmp_path_factory.mktemp("faces") / "face.png"
    return publish_image(image, path, Manifest("test", {}))


@pytest.fixture
def detector():
    """Take red blocks for faces."""
    return RedDetector()


@pytest.fixture
def inverting(weights, find):
    """Build a pipeline that finds latents of the tiny generator: `inverting(kind, **options)`.

    It begins with the average face, and compares features of an untrained network.
    """
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(0).get_state())
        features = FaceFeatures(FeaturesConfig(16, (3, 4), (0, 1))).eval()

    def build(kind, generator=weights, **options):
        given = {"encoder": "none", "find": find, "device": "cpu", "dtype": "float32", **options}
        pipeline = kind(generator, **given)
        pipeline.features = features.requires_grad_(requires_grad=False)
        return pipeline

    return build


@pytest.fixture
def find(detector):
    """Take red blocks for faces, as a pipeline."""
    return FindPipeline(finder=detector, device="cpu")
