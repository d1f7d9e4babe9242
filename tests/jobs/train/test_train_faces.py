import zipfile

import numpy as np
import pytest

from facewright.errors import DatasetError
from facewright.faces.geometry.topology import CANONICAL
from facewright.hub.bundle import load_bundle, read_card
from facewright.jobs.commands.train.detector import FacePictures, train_detector
from facewright.jobs.commands.train.mesh import train_mesh
from facewright.jobs.commands.train.runs import RunFolder
from facewright.training.options import SupervisedOptions

OPTIONS = SupervisedOptions(kimg=0.002, batch=2)


@pytest.fixture
def files(tmp_path):
    from io import BytesIO

    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("a.zip", "empty.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            data = BytesIO()
            Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(data, "PNG")
            file.writestr("1.png", data.getvalue())
    points = (CANONICAL * 20 + np.array([32, 34, 0])).astype(np.float32)[None]
    np.savez(tmp_path / "labels.npz", archives=["a.zip"], names=["1.png"], points=points)
    return tmp_path / "labels.npz", FacePictures(pictures=tmp_path, empty=tmp_path / "empty.zip")


@pytest.mark.slow
@pytest.mark.parametrize(("train", "kind"), [(train_detector, "finder"), (train_mesh, "mesh")])
def test_a_network_is_trained_from_labels(files, tmp_path, train, kind):
    labels, where = files
    ended = train(
        labels,
        pictures=where,
        run=RunFolder(outdir=tmp_path / "run", device="cpu"),
        options=OPTIONS,
    )
    assert ended.finished
    assert ended.kimg == 0.002
    assert read_card(ended.weights).kind == kind


@pytest.mark.slow
def test_a_detector_goes_on_from_weights(files, tmp_path):
    labels, where = files
    run = {"pictures": where, "options": OPTIONS}
    first = train_detector(labels, run=RunFolder(outdir=tmp_path / "a", device="cpu"), **run)
    later = train_detector(
        labels, run=RunFolder(outdir=tmp_path / "b", device="cpu"), resume=str(first.weights), **run
    )
    one, two = (load_bundle(ended.weights).tensors for ended in (first, later))
    assert one.keys() == two.keys()
    apart = max(float((one[name].float() - two[name].float()).abs().max()) for name in one)
    assert 0 < apart < 0.05  # two steps away


@pytest.mark.parametrize("train", [train_detector, train_mesh])
def test_missing_labels_are_told_before_anything_is_written(files, tmp_path, train):
    _, where = files
    with pytest.raises(DatasetError, match="no file of labels"):
        train(
            tmp_path / "none.npz",
            pictures=where,
            run=RunFolder(outdir=tmp_path / "run", device="cpu"),
        )
    assert not (tmp_path / "run").exists()


def test_without_pictures_that_show_no_face_a_detector_is_not_trained(files, tmp_path):
    labels, where = files
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
    with pytest.raises(DatasetError, match="nothing to learn from"):
        train_detector(labels, pictures=where, run=RunFolder(outdir=tmp_path / "run", device="cpu"))
    assert not (tmp_path / "run").exists()
