import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.expressions.conftest import write_set

from facewright.cli.main import main
from facewright.errors import DatasetError, WeightsError
from facewright.expressions.classifier import EXPRESSIONS, KIND, load_classifier
from facewright.expressions.training.options import ExpressionTrainOptions
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.jobs.commands.photos.expressions import ExpressionOptions, Expressions
from facewright.jobs.commands.train.expressions import train_expressions
from facewright.jobs.commands.train.runs import RunFolder
from facewright.jobs.run import run
from facewright.pipelines.photos.expressions import ExpressionsPipeline

OPTIONS = ExpressionTrainOptions(kimg=0.004, batch=4, network="mini-xception", size=32, blocks=1)
SLOW = pytest.mark.slow
SCALED = [(48, 4), pytest.param(64, 5, marks=SLOW), pytest.param(96, 6, marks=SLOW)]


def test_a_run_ends_and_goes_on(tmp_path):
    faces = write_set(tmp_path / "faces.zip", count=7)
    trained = train_expressions(
        faces, run=RunFolder(outdir=tmp_path / "run", device="cpu"), options=OPTIONS
    )
    assert (trained.kimg, trained.finished) == (0.004, True)
    more = replace(OPTIONS, kimg=0.008)
    assert (
        train_expressions(
            faces, run=RunFolder(outdir=tmp_path / "run", device="cpu"), options=more
        ).kimg
        == 0.008
    )


@pytest.mark.parametrize(("size", "blocks"), SCALED)
def test_a_larger_mini_xception_is_trained_measured_and_used(
    size, blocks, find, portrait, tmp_path
):
    faces, outdir = write_set(tmp_path / "faces.zip", count=7), tmp_path / "run"
    options = replace(OPTIONS, kimg=0.008, size=size, blocks=blocks)
    trained = train_expressions(faces, run=RunFolder(outdir=outdir, device="cpu"), options=options)
    assert json.loads((outdir / "measured-000000.008.json").read_text())["count"] == 7
    network = load_classifier(load_bundle(trained.weights)).network
    assert (network.config.size, network.config.blocks) == (size, blocks)

    chosen = ExpressionOptions(weights=str(trained.weights))
    read = run(Expressions(chosen, find=find), [str(portrait)])
    (face,) = read.pictures[0].faces
    assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-3)


@pytest.mark.slow
def test_a_trained_network_is_used_on_the_command_line(tmp_path, capsys):
    faces, run = write_set(tmp_path / "faces.zip", count=7), tmp_path / "run"
    how = "--network mini-xception --size 96 --blocks 6 --kimg 0.008 --batch 4 --device cpu"
    assert main(["train", "expressions", str(faces), "--outdir", str(run), *how.split()]) == 0
    photo = tmp_path / "photo.png"
    Pillow.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(photo)
    capsys.readouterr()
    weights = ["--weights", str(run / "weights.safetensors")]
    assert main(["expressions", str(photo), "--json", *weights]) == 0
    assert json.loads(capsys.readouterr().out)["pictures"][0]["faces"] == []


def test_labels_that_do_not_match_are_named(tmp_path):
    def spoil(row):
        return {**row, "fer2013_label": "bored"} if row["file"] == "0003.png" else row

    faces = write_set(tmp_path / "faces.zip", count=7, change=spoil)
    with pytest.raises(DatasetError, match=r"0003\.png in .* is labelled `bored`") as caught:
        train_expressions(
            faces, run=RunFolder(outdir=tmp_path / "run", device="cpu"), options=OPTIONS
        )
    assert "angry, disgust" in caught.value.hint

    faces = write_set(tmp_path / "named.zip", count=7, change=lambda row: {**row, "file": "x.png"})
    with pytest.raises(DatasetError, match=r"lacks 21 of 21 pictures, such as x\.png"):
        train_expressions(
            faces, run=RunFolder(outdir=tmp_path / "run", device="cpu"), options=OPTIONS
        )
    assert not (tmp_path / "run").exists()


def test_weights_that_name_other_expressions_are_refused(tmp_path):
    faces = write_set(tmp_path / "faces.zip", count=7)
    trained = train_expressions(
        faces, run=RunFolder(outdir=tmp_path / "run", device="cpu"), options=OPTIONS
    )
    bundle = load_bundle(trained.weights)
    other = {**bundle.config, "names": [*EXPRESSIONS[:-1], "bored"]}
    save_bundle(tmp_path / "other.safetensors", replace(bundle, config=other))
    with pytest.raises(WeightsError, match="names other expressions than angry"):
        _ = ExpressionsPipeline(str(tmp_path / "other.safetensors")).classifier
    assert bundle.card.kind == KIND


def test_a_dataset_that_is_none_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no dataset"):
        train_expressions(
            tmp_path / "none.zip",
            run=RunFolder(outdir=tmp_path / "run", device="cpu"),
            options=OPTIONS,
        )
