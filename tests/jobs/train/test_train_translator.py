"""From two sets of pictures to translators, as a user asks for it."""

import numpy as np
import pytest

from facewright.convert.training.options import TranslatorTrainOptions
from facewright.convert.weights import list_directions
from facewright.errors import DatasetError, InputError, TrainingError
from facewright.hub.bundle import load_bundle
from facewright.jobs.commands.train.runs import RunFolder
from facewright.jobs.commands.train.translator import TwoStyles, train_translator
from facewright.provenance.publish import publish_image
from facewright.types import Manifest

TINY = {
    "kimg": 0.002,
    "tick_kimg": 0.001,
    "generator": "resnet-6",
    "discriminator": "pixel",
    "filters": 2,
    "precision": "float32",
}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """A folder with trainA and trainB, three pictures each."""
    folder, rng = tmp_path_factory.mktemp("pairs"), np.random.default_rng(0)
    for style in ("trainA", "trainB"):
        for number in range(3):
            image = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            publish_image(image, folder / style / f"{number}.png", Manifest("noise", {}))
    return folder


def train(styles, outdir, **changes):
    options = TranslatorTrainOptions(**{**TINY, **changes})
    return train_translator(
        styles=styles, run=RunFolder(outdir=outdir, device="cpu"), options=options
    )


def test_a_run_leaves_both_directions_and_the_same_command_goes_on(pairs, tmp_path):
    trained = train(TwoStyles(pairs), tmp_path / "ageing")
    assert (trained.kimg, trained.finished) == (0.002, True)
    assert list_directions(load_bundle(trained.weights)) == ("ageing", "ageing:reverse")
    two = TwoStyles(pairs / "trainA", pairs / "trainB")
    assert train(two, tmp_path / "ageing", kimg=0.004).kimg == 0.004


def test_folders_of_other_runs_are_refused(pairs, tmp_path):
    train(TwoStyles(pairs), tmp_path)
    with pytest.raises(TrainingError, match="other options: cycle"):
        train(TwoStyles(pairs), tmp_path, cycle=5.0)


def test_what_cannot_be_learned_from_is_refused_before_anything_is_written(pairs, tmp_path):
    outdir, a = tmp_path / "run", pairs / "trainA"
    with pytest.raises(InputError, match="named for both styles"):
        train(TwoStyles(a, a), outdir)
    with pytest.raises(DatasetError, match="nowhere"):
        train(TwoStyles(a, pairs / "nowhere"), outdir)
    with pytest.raises(InputError, match="trainA and trainB"):
        train(TwoStyles(a), outdir)
    with pytest.raises(InputError, match="multiples of 128"):
        train(TwoStyles(pairs), outdir, generator="unet-128")
    assert not outdir.exists()
