from dataclasses import dataclass

import numpy as np
import pytest
import torch

from facewright.datasets.dataset import open_dataset
from facewright.errors import TrainingError
from facewright.gan.augment.pipeline import PIPES, Augment
from facewright.gan.training.snapshots import Archive, Gallery, load_run
from facewright.gan.training.steps import AdversarialTrainer
from facewright.gan.training.train import plan_training
from facewright.gan.weights import load_labels, read_template
from facewright.hub.bundle import load_bundle
from facewright.provenance.publish import read_manifest
from facewright.training.checkpoint import latest_checkpoint
from facewright.training.distributed import Processes

CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class Many:
    """As much of a dataset as a gallery looks at."""

    resolution: int
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)


@pytest.fixture(scope="module")
def trainer(tiny_dataset, tiny_options) -> AdversarialTrainer:
    plan = plan_training(tiny_dataset, tiny_options(), CPU)
    return AdversarialTrainer(
        plan.generator,
        plan.discriminator,
        plan.config,
        labels=tiny_dataset.labels,
        augment=Augment(PIPES["bgc"]),
        device=CPU,
        processes=Processes(),
    )


def test_a_gallery_shows_the_same_again(tiny_dataset, trainer):
    one, again, other = (Gallery(tiny_dataset, seed=seed, z_dim=16) for seed in (1, 1, 2))
    assert torch.equal(one.z, again.z)
    assert one.places == again.places
    assert not torch.equal(one.z, other.z)
    assert np.array_equal(one.draw_fakes(trainer), again.draw_fakes(trainer))
    assert np.array_equal(one.draw_reals(tiny_dataset), again.draw_reals(tiny_dataset))


def test_a_gallery_takes_its_labels_from_the_pictures_beside(tiny_dataset):
    gallery = Gallery(tiny_dataset, seed=1, z_dim=8)
    assert torch.equal(gallery.c, tiny_dataset.labels[gallery.places])


def test_a_small_dataset_fills_the_sheet_by_coming_again(tiny_dataset):
    gallery = Gallery(tiny_dataset, seed=1, z_dim=8)
    assert len(gallery.places) == len(gallery.z) == 16 * 8
    assert set(gallery.places) == set(range(len(tiny_dataset)))
    sheet = gallery.draw_reals(tiny_dataset)
    assert (sheet.dtype, sheet.ndim) == (np.uint8, 3)


@pytest.mark.parametrize(
    ("resolution", "columns", "rows"), [(64, 16, 8), (256, 4, 2), (1024, 2, 2)]
)
def test_sheets_stay_of_a_size_to_look_at(resolution, columns, rows):
    dataset = Many(resolution, torch.zeros(40, 0))
    gallery = Gallery(dataset, seed=0, z_dim=8)
    assert (gallery.columns, len(gallery.places)) == (columns, columns * rows)


def test_sheets_carry_the_options_of_the_run(tiny_dataset, tmp_path):
    archive = Archive(tmp_path / "run", tiny_dataset, {"gamma": 1.0})
    path = archive.save_sheet("x.png", np.zeros((4, 4, 3), np.uint8), images=7)
    archive.save_sheet("x.png", np.ones((4, 4, 3), np.uint8), images=8)  # replaces the first
    assert path == tmp_path / "run" / "x.png"
    manifest = read_manifest(path)
    assert manifest.parameters == {"gamma": 1.0, "images": 8}
    assert manifest.sources == {"tiny": tiny_dataset.sha256}


def test_weights_know_their_labels_and_where_they_come_from(tiny_dataset, trainer, tmp_path):
    trainer.images = 12_345
    path = Archive(tmp_path, tiny_dataset, {}).save_weights(trainer)
    trainer.images = 0
    bundle = load_bundle(path)
    assert path.name == "snapshot-000012.345.safetensors"
    assert (bundle.card.kind, bundle.card.name) == ("generator", "tiny-12.345kimg")
    assert "12.345 kimg" in bundle.card.source
    assert {t.dtype for t in bundle.tensors.values()} == {torch.float16}
    table = load_labels(bundle)
    assert table.groups == tiny_dataset.label_groups
    assert float(table.counts.sum()) == len(tiny_dataset)


def test_the_newest_state_of_a_run_is_loaded(tiny_dataset, trainer, tmp_path):
    archive = Archive(tmp_path, tiny_dataset, {"gamma": 1.0})
    assert load_run(tmp_path) is None
    for images in (4, 8, 16):
        trainer.images = images
        archive.save_checkpoint(trainer, position=images)
    trainer.images = 0
    run = load_run(tmp_path)
    assert (run["position"], run["options"]) == (16, {"gamma": 1.0})
    assert run["contest"]["images"] == 16
    assert torch.equal(run["contest"]["G"]["mapping.w_avg"], trainer.G.mapping.w_avg)
    assert len(list(tmp_path.glob("checkpoint-*"))) == 2  # one to fall back on


def test_damaged_checkpoints_are_refused_with_a_hint(tiny_dataset, trainer, tmp_path):
    Archive(tmp_path, tiny_dataset, {}).save_checkpoint(trainer, position=0)
    path = latest_checkpoint(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(TrainingError) as error:
        load_run(tmp_path)
    assert "--outdir" in error.value.hint


def test_only_what_a_run_left_unfinished_is_tidied_away(tiny_dataset, tmp_path):
    dead = 2**31 - 1  # no process has this number
    names = [f".{name}.{dead}.00000000.part" for name in ("reals.png", "other.png")]
    names += ["checkpoint-0000000004.safetensors", "checkpoint-0000000008.safetensors"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    archive = Archive(tmp_path, tiny_dataset, {})
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    archive.tidy(4)
    left = {names[1], names[2], "checkpoint-0000000008.damaged"}
    assert {path.name for path in tmp_path.iterdir()} == left


def test_the_licence_of_the_data_is_on_the_card(tiny_archive, trainer, tmp_path):
    dataset = open_dataset(tiny_archive, cond=True)
    dataset.details["licence"] = "CC0-1.0"
    bundle = load_bundle(Archive(tmp_path, dataset, {}).save_weights(trainer))
    assert bundle.card.trained_on == "tiny (CC0-1.0)"


def test_weights_know_how_their_faces_are_cut(tiny_archive, trainer, tmp_path):
    dataset = open_dataset(tiny_archive, cond=True)
    dataset.details["template"] = "tight"
    assert (
        read_template(load_bundle(Archive(tmp_path, dataset, {}).save_weights(trainer))) == "tight"
    )
