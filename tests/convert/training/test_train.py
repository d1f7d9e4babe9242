import dataclasses
import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from facewright.convert.weights import list_directions, load_translator, read_size
from facewright.device import seeded
from facewright.errors import TrainingError
from facewright.hub.bundle import load_bundle
from facewright.media.decode import read_image
from facewright.provenance.publish import read_manifest
from facewright.training.checkpoint import flatten_state, latest_checkpoint, load_latest
from facewright.training.lock import lock_run


def read_state(outdir: Path) -> dict[str, Any]:
    found = load_latest(outdir)
    assert found is not None
    return found[1]


def assert_same_state(one: Path, two: Path) -> None:
    states = [{k: v for k, v in read_state(run).items() if k != "options"} for run in (one, two)]
    (tensors, rest), (others, other_rest) = map(flatten_state, states)
    assert rest == other_rest
    assert [name for name in tensors if not torch.equal(tensors[name], others[name])] == []


def read_images(outdir: Path) -> list[int]:
    lines = (outdir / "stats.jsonl").read_text().splitlines()
    return [json.loads(line)["images"] for line in lines]


@pytest.fixture(scope="module")
def finished(train, styles, tmp_path_factory) -> Path:
    """The folder of a run that nothing disturbed."""
    outdir = tmp_path_factory.mktemp("runs") / "finished"
    train(styles, outdir)
    return outdir


def test_a_run_leaves_samples_weights_checkpoints_and_a_log(finished):
    names = {path.name for path in finished.iterdir() if not path.name.startswith("events.")}
    assert names == {
        *(f"samples-{kimg}.png" for kimg in ("000000", "000000.004", "000000.008", "000000.012")),
        "snapshot-000000.008.safetensors",
        "snapshot-000000.012.safetensors",
        "checkpoint-0000000008.safetensors",
        "checkpoint-0000000012.safetensors",
        "stats.jsonl",
        ".lock",
    }
    assert read_images(finished) == [4, 8, 12]


def test_both_directions_are_in_one_file_under_their_names(finished):
    bundle = load_bundle(finished / "snapshot-000000.012.safetensors")
    assert list_directions(bundle) == ("reddening", "reddening:reverse")
    assert read_size(bundle) == 16
    assert bundle.card.trained_on == "dull; red"
    networks = read_state(finished)["networks"]
    for direction, name in (("reddening", "forward_ema"), ("reverse", "reverse_ema")):
        translator = load_translator(bundle, direction)
        for key, tensor in translator.state_dict().items():
            assert torch.equal(tensor, networks[name][key].half().float())
    x = torch.randn(1, 3, 16, 16, generator=seeded(0)).clamp(-1, 1)
    there, back = (load_translator(bundle, name)(x) for name in ("", "reverse"))
    assert not torch.allclose(there, back)


def test_samples_show_all_that_the_translators_do_and_say_how(finished, styles, options):
    sheet = read_image((finished / "samples-000000.012.png").read_bytes())
    cells = 8 * 4 * 16 * 16
    assert sheet.shape[0] * sheet.shape[1] > cells
    manifest = read_manifest(finished / "samples-000000.012.png")
    assert manifest.task == "train translator"
    assert manifest.parameters == {**dataclasses.asdict(options()), "images": 12}
    assert manifest.sources == {"A: dull": styles.a.sha256, "B: red": styles.b.sha256}


def test_a_run_without_a_name_is_called_like_its_folder(train, styles, tmp_path):
    path = train(styles, tmp_path / "ageing", name="", kimg=0.002)
    assert list_directions(load_bundle(path)) == ("ageing", "ageing:reverse")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_and_go_on_equals_never_stopped(train, styles, finished, tmp_path, number):
    """The clock, which is read at every tick, sends the signal as a user would."""
    readings = []

    def clock() -> float:
        readings.append(len(readings))
        if len(readings) == 2:
            signal.raise_signal(number)
        return float(len(readings))

    train(styles, tmp_path, clock=clock)
    stopped = read_state(tmp_path)["networks"]["images"]
    assert 0 < stopped < 12
    train(styles, tmp_path)
    assert_same_state(tmp_path, finished)


def test_a_killed_run_goes_on_from_its_checkpoint(train, styles, finished, tmp_path, capsys):
    for name in ("checkpoint-0000000008.safetensors", "checkpoint-0000000012.safetensors"):
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    damaged = tmp_path / "checkpoint-0000000012.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    train(styles, tmp_path)
    assert "going on from the one before it" in capsys.readouterr().err
    assert damaged.with_suffix(".damaged").exists()
    assert_same_state(tmp_path, finished)


def test_a_finished_run_stays_as_it_is(train, styles, finished):
    before = latest_checkpoint(finished).read_bytes()
    path = train(styles, finished)
    assert path == finished / "snapshot-000000.012.safetensors"
    assert latest_checkpoint(finished).read_bytes() == before


def test_other_options_or_pictures_in_the_same_folder_are_refused(train, styles, finished):
    with pytest.raises(TrainingError, match=r"other options: cycle 10\.0, seed 3"):
        train(styles, finished, cycle=5.0, seed=4)
    other = dataclasses.replace(styles, b=dataclasses.replace(styles.b, sha256="0" * 64))
    with pytest.raises(TrainingError, match="on other pictures than dull and red"):
        train(other, finished)


def test_a_folder_takes_one_run_at_a_time(train, styles, tmp_path):
    with lock_run(tmp_path), pytest.raises(TrainingError, match="a run is going on"):
        train(styles, tmp_path)


def test_losses_that_are_no_numbers_end_the_run(train, styles, tmp_path):
    with pytest.raises(TrainingError, match="is not a number any more") as error:
        train(styles, tmp_path, lr=1e30, kimg=0.04, decay=0)
    assert "sound" in error.value.hint
    assert latest_checkpoint(tmp_path) is None or read_state(tmp_path)["networks"]["images"] < 40


@pytest.mark.parametrize(
    "changes",
    [
        {"generator": "resnet-9", "upsampling": "resize"},
        {"gan": "wgangp", "discriminator": "pixel"},
        {"norm": "batch", "mirror": True},
    ],
    ids=str,
)
def test_other_networks_are_trained_too(train, styles, tmp_path, changes):
    path = train(styles, tmp_path, kimg=0.002, **changes)
    assert load_translator(load_bundle(path)).config.filters == 2
