import math
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from facewright.errors import TrainingError
from facewright.training.checkpoint import (
    checkpoint_path,
    flatten_state,
    latest_checkpoint,
    load_checkpoint,
    load_latest,
    prune_checkpoints,
    save_checkpoint,
    unflatten_state,
)

DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.uint8, torch.int64, torch.bool]
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
tensors = st.builds(
    lambda shape, dtype: (torch.arange(math.prod(shape)).reshape(shape) % 3).to(dtype),
    st.lists(st.integers(0, 3), max_size=3),
    st.sampled_from(DTYPES),
)
states = st.recursive(
    scalars | tensors,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers() | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


def spell(value: Any) -> Any:
    """Write a state so that NaN equals itself, and 0.0 neither -0.0 nor 0 nor False."""
    if isinstance(value, torch.Tensor):
        return ("tensor", value.dtype, value.shape, value.tolist())
    if isinstance(value, dict):
        return ("dict", [(spell(key), spell(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return (type(value), [spell(item) for item in value])
    return (type(value), repr(value))


@given(states)
def test_unflatten_undoes_flatten(state: Any):
    assert spell(unflatten_state(*flatten_state(state))) == spell(state)


@settings(deadline=None, max_examples=50)
@given(state=states)
def test_load_undoes_save(tmp_path_factory: pytest.TempPathFactory, state: Any):
    path = tmp_path_factory.mktemp("run") / "x.safetensors"
    save_checkpoint(path, *flatten_state(state))
    assert spell(unflatten_state(*load_checkpoint(path))) == spell(state)
    path.unlink()


def step(net: nn.Module, optimiser: torch.optim.Optimizer, rng: torch.Generator) -> None:
    optimiser.zero_grad()
    net(torch.randn(4, 3, generator=rng)).square().sum().backward()
    optimiser.step()


def build() -> tuple[nn.Module, torch.optim.Optimizer, torch.Generator]:
    net = nn.Linear(3, 2)
    return net, torch.optim.Adam(net.parameters(), betas=(0.0, 0.99)), torch.Generator()


def test_resumed_training_equals_training_that_never_stopped(tmp_path: Path):
    net, optimiser, rng = build()
    step(net, optimiser, rng)
    state = {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "rng": rng.get_state()}
    save_checkpoint(tmp_path / "x", *flatten_state(state))
    step(net, optimiser, rng)

    other, other_optimiser, other_rng = build()
    loaded = unflatten_state(*load_checkpoint(tmp_path / "x"))
    other.load_state_dict(loaded["net"])
    other_optimiser.load_state_dict(loaded["optimiser"])
    other_rng.set_state(loaded["rng"])
    step(other, other_optimiser, other_rng)
    assert torch.equal(other.weight, net.weight)
    assert torch.equal(other.bias, net.bias)


def test_shared_and_strided_tensors_are_saved(tmp_path: Path):
    weight = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    save_checkpoint(tmp_path / "x", {"a": weight, "b": weight, "c": weight[0, :, 1].T}, None)
    loaded, _ = load_checkpoint(tmp_path / "x")
    assert torch.equal(loaded["a"], weight)
    assert torch.equal(loaded["b"], weight)
    assert torch.equal(loaded["c"], weight[0, :, 1].T)


def test_names_of_tensors_can_be_read():
    state = {"g": {0: {"exp avg": torch.zeros(1)}}, "g/0": {"exp avg": torch.ones(1)}}
    names = list(flatten_state(state)[0])
    assert names == ["g/0/exp_avg", "g/0/exp_avg+1"]
    assert "__metadata__" not in flatten_state({"__metadata__": torch.zeros(1)})[0]


def test_unknown_kinds_are_refused():
    with pytest.raises(TrainingError, match="complex at a/0"):
        flatten_state({"a": [1j]})


@pytest.mark.parametrize("state", [{"tensor": "x"}, {"what": 1}, {"dict": [[1]]}, {"tuple": 3}, {}])
def test_incomplete_state_is_refused(state: Any):
    with pytest.raises(TrainingError, match="incomplete"):
        unflatten_state({}, state)


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "text", "foreign", "missing"])
def test_damage_is_noticed_and_the_way_out_named(tmp_path: Path, harm: str):
    path = tmp_path / "x.safetensors"
    save_checkpoint(path, {"a": torch.arange(100)}, {"kimg": 1})
    data = path.read_bytes()
    flipped = data[:-50] + bytes([data[-50] ^ 1]) + data[-49:]
    foreign = (8).to_bytes(8, "little") + b"{}      "
    damaged = {"cut": data[:-9], "flip": flipped, "empty": b"", "text": b"hello" * 9}
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(damaged.get(harm, foreign))
    with pytest.raises(TrainingError, match=r"x\.safetensors") as caught:
        load_checkpoint(path)
    assert "before it" in caught.value.hint


def test_failed_save_keeps_the_checkpoint_before(tmp_path: Path):
    path = tmp_path / "x.safetensors"
    save_checkpoint(path, {"a": torch.ones(2)}, 1)
    with pytest.raises((TypeError, TrainingError)):
        save_checkpoint(path, {"a": torch.zeros(2)}, {"bad": object()})  # type: ignore[dict-item]
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(TrainingError, match="cannot write"):
        save_checkpoint(blocked / "x", {}, None)
    assert load_checkpoint(path)[1] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "x.safetensors"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such rights")
def test_checkpoints_may_be_read_by_whoever_may_read_new_files(tmp_path: Path):
    save_checkpoint(tmp_path / "x", {"a": torch.ones(2)}, None)
    (tmp_path / "y").touch()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


def test_latest_checkpoint_ignores_unfinished_files(tmp_path: Path):
    assert latest_checkpoint(tmp_path) is None
    for images in (2_000, 999_000, 10_000_000):
        save_checkpoint(checkpoint_path(tmp_path, images), {}, images)
    leftover = tmp_path / ".checkpoint-0099000000.safetensors.4194311.01234567.part"
    leftover.write_bytes(b"half")
    latest = latest_checkpoint(tmp_path)
    assert latest is not None
    assert load_checkpoint(latest)[1] == 10_000_000
    prune_checkpoints(tmp_path)
    assert sorted(load_checkpoint(p)[1] for p in tmp_path.iterdir()) == [999_000, 10_000_000]


def test_damaged_newest_checkpoint_gives_way_to_the_one_before(tmp_path: Path):
    said: list[str] = []
    assert load_latest(tmp_path, note=said.append) is None
    for images in (4, 8):
        tensors, rest = flatten_state({"images": images, "x": torch.ones(50)})
        save_checkpoint(checkpoint_path(tmp_path, images), tensors, rest)
    older, newest = checkpoint_path(tmp_path, 4), checkpoint_path(tmp_path, 8)
    assert load_latest(tmp_path, note=said.append)[0] == newest  # type: ignore[index]
    assert said == []
    newest.write_bytes(newest.read_bytes()[:-9])
    path, state = load_latest(tmp_path, note=said.append) or (None, None)
    assert (path, state["images"]) == (older, 4)
    assert len(said) == 1
    assert newest.name in said[0]
    assert older.name in said[0]
    older.write_bytes(b"")
    with pytest.raises(TrainingError, match=newest.name) as caught:
        load_latest(tmp_path)
    assert "--outdir" in caught.value.hint
