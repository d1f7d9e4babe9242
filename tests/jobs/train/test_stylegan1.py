"""The command that trains StyleGAN 1, and the parameters of older notebooks."""

import json

import pytest

from facewright.cli.main import main
from facewright.errors import InputError
from facewright.jobs.commands.train.stylegan1 import rename_stylegan1
from facewright.provenance.publish import read_manifest

TABLE = """
n_gpu = 1
device = "cpu"
learning_rate = {8 = 0.01, 16 = 0.005}
batch_size = {8 = 8}
mini_batch_size = 4
n_fc = 2
dim_latent = 8
dim_input = 4
n_sample = 16
n_sample_total = 48
DGR = 2
n_show_loss = 4
step = 1
max_step = 2
style_mixing = []
image_folder_path = "tiny.zip"
save_folder_path = "run"
is_train = true
is_continue = true
channel_base = 64
channel_max = 8
precision = "float32"
"""
"""All parameters of the older notebooks, and a few of ours that keep the run small."""


@pytest.fixture
def folder(tmp_path, tiny_archive, monkeypatch):
    """A folder with a tiny dataset and an options file, which is the working directory."""
    (tmp_path / "tiny.zip").write_bytes(tiny_archive.read_bytes())
    (tmp_path / "old.toml").write_text(TABLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_old_table_says_what_the_run_does(folder, capsys):
    assert main(["train", "stylegan1", "--options", "old.toml", "--dry-run"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["plan"]["phases"] == {
        "8": {"from_kimg": 0.0, "fade_kimg": 0.0, "batch": 8, "lr": 0.01},
        "16": {"from_kimg": 0.016, "fade_kimg": 0.016, "batch": 4, "lr": 0.005},
    }
    generator = told["plan"]["generator"]
    assert (generator["z_dim"], generator["w_dim"], generator["mapping_layers"]) == (8, 8, 2)
    options = told["options"]
    expected = {"kimg": 0.048, "n_critic": 2, "style_mixing": 0.0, "tick_kimg": 0.016}
    assert {name: options[name] for name in expected} == expected
    assert not (folder / "run").exists()


def test_what_is_trained_can_be_drawn_mixed_walked_and_edited(folder, capsys):
    assert main(["train", "stylegan1", "--options", "old.toml"]) == 0
    weights = capsys.readouterr().out.strip()
    assert weights == "run/snapshot-000000.048.safetensors"
    draw = ["--weights", weights, "--device", "cpu"]
    assert main(["generate", *draw, "--seeds", "0-3", "-o", "people.png"]) == 0
    assert main(["mix", *draw, "--rows", "0,1", "--columns", "2", "-o", "mixed.png"]) == 0
    walk = ["--seeds", "0,1", "--seconds", "0.2", "--fps", "10", "-o", "walk.gif"]
    assert main(["interpolate", *draw, *walk]) == 0
    assert main(["edit", "3", *draw, "--direction", "sefa-1", "-o", "edited.png"]) == 0
    models = read_manifest(folder / "edited.png").models
    assert any("48" in name or "0.048" in name for name in models)


@pytest.mark.usefixtures("folder")
def test_a_folder_with_a_run_is_refused_where_nothing_shall_go_on(capsys):
    assert main(["train", "stylegan1", "--options", "old.toml"]) == 0
    assert main(["train", "stylegan1", "--options", "old.toml", "--no-continue"]) == 1
    assert "holds a run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"dim_input": 8}, "4×4"),
        ({"n_gpu": 7}, "process of its own"),
        ({"is_train": False}, "is_train"),
        ({"style_mixing": [0, 1]}, "style_mixing"),
    ],
    ids=str,
)
def test_what_had_one_value_for_good_is_refused_otherwise(told, said):
    with pytest.raises(InputError, match=said):
        rename_stylegan1(told)


def test_a_number_stands_for_all_resolutions_and_newer_names_come_first():
    assert rename_stylegan1({"learning_rate": 0.003}) == {"lr": 0.003, "lr_at": {}}
    assert rename_stylegan1({"DGR": 1, "n_critic": 5}) == {"n_critic": 5}


def test_a_dataset_has_to_be_named(capsys):
    assert main(["train", "stylegan1", "--outdir", "run"]) == 1
    assert "no dataset" in capsys.readouterr().err
