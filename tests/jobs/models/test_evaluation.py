"""Numbers that say how good a generator is."""

import shutil
from pathlib import Path

import pytest
import torch

from facewright.errors import InputError, WeightsError
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.weights import pack_generator
from facewright.hub.bundle import save_bundle
from facewright.jobs.commands.draw.generate import GenerateOptions, generate_faces
from facewright.jobs.commands.models.evaluate import evaluate_generator
from facewright.jobs.commands.models.evaluation.options import EvaluateOptions
from facewright.types import Card


def evaluate(weights, dataset, **options):
    options = EvaluateOptions(**{"device": "cpu", "precision": "float32", "batch": 4, **options})
    return evaluate_generator(weights, dataset, options=options)


def test_texture_and_originality_are_measured_without_a_network(weights, dataset):
    measured = evaluate(weights, dataset)
    assert measured.count == 12
    assert measured.weights == "tiny"
    assert list(measured.values) == ["SWD", "SWD 16", "memorisation", "near copies"]


def test_same_seed_gives_the_same_numbers(weights, dataset):
    first, again = (evaluate(weights, dataset, count=8) for _ in range(2))
    assert first == again
    assert first != evaluate(weights, dataset, count=8, seed=1)


def test_only_what_is_wanted_is_told(weights, dataset):
    assert set(evaluate(weights, dataset, metrics="originality").values) == {
        "memorisation",
        "near copies",
    }


def test_unknown_metrics_are_refused(weights, dataset):
    with pytest.raises(InputError, match="`beauty` cannot be measured"):
        evaluate(weights, dataset, metrics="swd,beauty")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "--count is 2 or more, not 0"),
        ({"count": -1}, "--count is 2 or more"),
        ({"batch": 0}, "--batch is 1 to"),
        ({"truncation_psi": float("nan")}, "--truncation-psi is -10 to 10"),
        ({"seed": -1}, "--seed is 0 to"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_the_work(options, message):
    with pytest.raises(InputError, match=message):
        evaluate("nobody", Path("nowhere"), **options)


def test_copies_are_sought_in_the_whole_dataset(weights, dataset, tmp_path):
    """The generator's own people stand beside pictures of noise, and few of either are drawn."""
    folder = tmp_path / "mixed"
    shutil.copytree(dataset, folder, ignore=shutil.ignore_patterns("dataset.json"))
    options = GenerateOptions(
        seeds="0-3", out=folder, weights=weights, batch=4, truncation_psi=1.0, precision="float32"
    )
    generate_faces(options)
    assert evaluate(weights, folder, count=4).values["near copies"] == 1


def test_file_that_is_no_feature_network_is_refused(weights, dataset):
    with pytest.raises(WeightsError):
        evaluate(weights, dataset, metrics="fid", features=Path(weights))


def test_file_that_is_no_table_of_tensors_is_refused_in_own_words(weights, dataset, tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"x": Path("a")}, path)
    with pytest.raises(WeightsError, match="is no file of tensors$") as caught:
        evaluate(weights, dataset, metrics="fid", features=path)
    assert "--features" in caught.value.hint


def test_dataset_of_another_resolution_is_refused(dataset, tmp_path):
    config = GeneratorConfig(
        resolution=8, z_dim=8, w_dim=8, channel_base=64, channel_max=8, mapping_layers=2
    )
    path = tmp_path / "x.safetensors"
    save_bundle(path, pack_generator(Generator(config), Card("x", "generator")))
    with pytest.raises(InputError, match="16 pixels, the generator 8"):
        evaluate(str(path), dataset)
