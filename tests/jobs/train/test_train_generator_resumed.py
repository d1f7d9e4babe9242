"""A style is learned from weights that draw people, as a user asks for it."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from facewright.datasets.dataset import open_dataset
from facewright.device import seeded, to_images
from facewright.gan.generator import Generator, GeneratorConfig
from facewright.gan.training.options import TrainOptions
from facewright.gan.training.snapshots import Gallery
from facewright.gan.weights import load_generator, pack_generator
from facewright.hub.bundle import load_bundle, save_bundle
from facewright.jobs.commands.models.compare import CompareOptions, compare_snapshots
from facewright.jobs.commands.train.generator import train_generator
from facewright.jobs.commands.train.runs import RunFolder
from facewright.media.decode import read_image
from facewright.media.drawing.sheets import contact_sheet
from facewright.provenance.publish import read_manifest
from facewright.training.names import snapshot_kimg
from facewright.types import Card


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """The file of a narrow generator whose every weight matters."""
    config = GeneratorConfig(16, w_dim=16, channel_base=32, channel_max=4, mapping_layers=1)
    generator = Generator(config)
    rng = seeded(5)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng))
    path = tmp_path_factory.mktemp("weights") / "people.safetensors"
    save_bundle(path, pack_generator(generator, Card(name="people", kind="generator")))
    return path


@pytest.fixture(scope="module")
def run(dataset, people, tmp_path_factory):
    """The folder of a run of three ticks that began with those weights."""
    outdir = tmp_path_factory.mktemp("runs") / "toons"
    options = TrainOptions(
        resume=str(people), snap=1, kimg=0.012, tick_kimg=0.004, batch=4, precision="float32"
    )
    assert train_generator(
        dataset, run=RunFolder(outdir=outdir, device="cpu"), options=options
    ).finished
    return outdir


def test_first_sheet_is_what_the_weights_draw(run, dataset, people):
    generator = load_generator(load_bundle(people))
    gallery = Gallery(open_dataset(dataset), seed=0, z_dim=generator.config.z_dim)
    drawn = to_images(generator(gallery.z, gallery.c[:, :0]))
    sheet = contact_sheet(list(drawn), columns=gallery.columns)
    apart = np.abs(read_image(run / "fakes_init.png").astype(int) - sheet)
    assert apart.mean() < 1.5  # what the watermark changes


def test_every_tick_leaves_weights_and_a_sheet(run):
    snapshots = sorted(run.glob("snapshot-*.safetensors"))
    assert [snapshot_kimg(path) for path in snapshots] == [0.004, 0.008, 0.012]
    sheets = {path.name for path in run.glob("fakes-*.png")}
    assert sheets == {"fakes-000000.004.png", "fakes-000000.008.png", "fakes-000000.012.png"}
    first, second = (load_file(path)["synthesis.b8.conv1.weight"] for path in snapshots[:2])
    assert not torch.equal(first, second)


def test_snapshots_are_laid_side_by_side(run, tmp_path):
    options = CompareOptions(out=tmp_path / "sheet.png", seeds="0-1", size=32)
    told = []
    compare_snapshots(run, options=options, progress=lambda *counts: told.append(counts))
    assert told == [(1, 3), (2, 3), (3, 3)]
    models = read_manifest(tmp_path / "sheet.png").models
    assert set(models) == {"noise-0.004kimg", "noise-0.008kimg", "noise-0.012kimg"}
