import zipfile

import numpy as np
import pytest

from facewright.errors import DatasetError
from facewright.faces.geometry.topology import CANONICAL
from facewright.hub.bundle import load_bundle, read_card
from facewright.tasks.teaching import FaceObjectives, FaceTrainOptions, train_finder, train_mesh

OPTIONS = FaceTrainOptions(kimg=0.002, batch=2)


@pytest.fixture
def lessons(tmp_path):
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
    return tmp_path / "labels.npz", FaceObjectives(tmp_path, tmp_path / "empty.zip")


@pytest.mark.slow
@pytest.mark.parametrize(("train", "kind"), [(train_finder, "finder"), (train_mesh, "mesh")])
def test_a_network_is_trained_from_labels(lessons, tmp_path, train, kind):
    labels, where = lessons
    ended = train(labels, lessons=where, outdir=tmp_path / "run", options=OPTIONS, device="cpu")
    assert ended.finished
    assert ended.kimg == 0.002
    assert read_card(ended.weights).kind == kind


@pytest.mark.slow
def test_a_detector_goes_on_from_weights(lessons, tmp_path):
    labels, where = lessons
    run = {"lessons": where, "options": OPTIONS, "device": "cpu"}
    first = train_finder(labels, outdir=tmp_path / "a", **run)
    later = train_finder(labels, outdir=tmp_path / "b", resume=str(first.weights), **run)
    one, two = (load_bundle(ended.weights).tensors for ended in (first, later))
    assert one.keys() == two.keys()
    apart = max(float((one[name].float() - two[name].float()).abs().max()) for name in one)
    assert 0 < apart < 0.05  # two steps away


@pytest.mark.parametrize("train", [train_finder, train_mesh])
def test_missing_labels_are_told_before_anything_is_written(lessons, tmp_path, train):
    _, where = lessons
    with pytest.raises(DatasetError, match="no file of labels"):
        train(tmp_path / "none.npz", lessons=where, outdir=tmp_path / "run")
    assert not (tmp_path / "run").exists()
