"""A tiny classifier, and a set of faces that are told apart by where they are bright."""

import csv
import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from facewright.device import seeded
from facewright.expressions.classifier import EXPRESSIONS, Classifier, build_network
from facewright.expressions.compact import CompactConfig
from facewright.expressions.training.examples import PRIVATE, PUBLIC, SAME, TRAINING, VOTES
from facewright.faces.detection.blocks import fold_norms

TINY = CompactConfig(16, (4, 8), (1, 1), 2)


def build(config, seed=0):
    with torch.random.fork_rng():
        torch.default_generator.set_state(seeded(seed).get_state())
        return build_network(config)


@pytest.fixture(scope="session")
def classifier():
    return Classifier(fold_norms(build(TINY).eval()))


def draw_face(kind, number):
    """A grey square with a bright bar whose place tells the expression."""
    face = np.full((24, 24), 60 + 5 * (number % 7), np.uint8)
    face[3 * kind : 3 * kind + 4, 4:20] = 220
    return face


def write_set(path, *, count=21, change=lambda row: row, usages=(TRAINING, PUBLIC, PRIVATE)):
    """Write a set in the form of FER2013 with the votes of FER+, as a zip."""
    table = io.StringIO()
    writer = csv.DictWriter(table, ("file", "usage", "fer2013_label", *VOTES))
    writer.writeheader()
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count * len(usages)):
            kind, usage = number % 7, usages[number // count]
            picture = io.BytesIO()
            Pillow.fromarray(draw_face(kind, number)).save(picture, "PNG")
            archive.writestr(f"images/{number:04}.png", picture.getvalue())
            row = {"file": f"{number:04}.png", "usage": usage, "fer2013_label": EXPRESSIONS[kind]}
            row |= dict.fromkeys(VOTES, 0) | {VOTES[SAME[kind]]: 8, "unknown": 2}
            writer.writerow(change(row))
        archive.writestr("labels.csv", table.getvalue())
    return path


@pytest.fixture(scope="session")
def face_set(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("fer") / "tiny.zip")
