import cv2
import numpy as np
import pytest

from facewright.enhance.network import load_enhancer
from facewright.enhance.options import EnhancerTrainOptions
from facewright.errors import InputError
from facewright.hub.bundle import load_bundle
from facewright.jobs.commands.train.enhancer import train_enhancer
from facewright.jobs.commands.train.runs import RunFolder

OPTIONS = EnhancerTrainOptions(kimg=0.002, batch=2, filters=4, blocks=1, patch=8, scale=4)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(2):
        image = rng.integers(0, 256, (40, 36, 3), np.uint8)
        (tmp_path / f"{number}.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
    return tmp_path


def test_an_enhancer_is_trained_on_a_folder(folder):
    ended = train_enhancer(
        folder, run=RunFolder(outdir=folder / "run", device="cpu"), options=OPTIONS
    )
    assert (ended.finished, ended.kimg) == (True, 0.002)
    assert load_enhancer(load_bundle(ended.weights)).config.scale == 4


def test_pictures_smaller_than_a_patch_leave_no_run(folder):
    options = EnhancerTrainOptions(scale=4, patch=10)
    with pytest.raises(InputError, match="smaller than 40 pixels"):
        train_enhancer(folder, run=RunFolder(outdir=folder / "run", device="cpu"), options=options)
    assert not (folder / "run").exists()
