"""Models go to a file and come back the same."""

import contextlib
import json
import struct
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from facewright.errors import InputError, WeightsError
from facewright.hub.bundle import file_sha256, load_bundle, read_card, save_bundle
from facewright.types import Bundle, Card


def make_bundle(**tensors: torch.Tensor) -> Bundle:
    card = Card("tiny", "generator", licence="CC0-1.0", trained_on="noise", notes="für Tests")
    config = {"resolution": 16, "nested": {"b": [1, 2.5, None], "a": True}}
    return Bundle(card, config, tensors or {"w": torch.arange(6.0).view(2, 3)})


def test_load_undoes_save(tmp_path: Path) -> None:
    bundle = make_bundle(
        a=torch.randn(3, 4),
        scalar=torch.tensor(0.5),
        whole=torch.arange(4),
        brief=torch.randn(2).bfloat16(),
        empty=torch.zeros(0, 3),
    )
    card = save_bundle(tmp_path / "x.safetensors", bundle)
    back = load_bundle(tmp_path / "x.safetensors", sha256=card.sha256)
    assert back.card == card
    assert back.config == bundle.config
    assert back.tensors.keys() == bundle.tensors.keys()
    for name, x in bundle.tensors.items():
        assert back.tensors[name].dtype == x.dtype
        assert torch.equal(back.tensors[name], x)


def test_card_gains_hash_and_size(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    card = save_bundle(path, make_bundle())
    assert card.sha256 == file_sha256(path)
    assert card.size == path.stat().st_size
    assert read_card(path) == card
    assert (card.licence, card.notes) == ("CC0-1.0", "für Tests")


def test_equal_bundles_give_equal_bytes(tmp_path: Path) -> None:
    first = make_bundle(a=torch.ones(2), b=torch.zeros(3))
    second = Bundle(
        first.card,
        dict(reversed(first.config.items())),
        {"b": torch.zeros(3), "a": torch.ones(2)},
    )
    save_bundle(tmp_path / "1", first)
    save_bundle(tmp_path / "2", second)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_saving_what_was_loaded_gives_the_same_file(tmp_path: Path) -> None:
    first = save_bundle(tmp_path / "1", make_bundle())
    second = save_bundle(tmp_path / "2", load_bundle(tmp_path / "1"))
    assert first == second


def test_half_halves_float32_alone(tmp_path: Path) -> None:
    path = tmp_path / "x"
    save_bundle(path, make_bundle(w=torch.tensor([0.1, 2.0]), n=torch.arange(3)), half=True)
    back = load_bundle(path).tensors
    assert back["w"].dtype == torch.float16
    assert torch.equal(back["w"], torch.tensor([0.1, 2.0]).half())
    assert back["n"].dtype == torch.int64


def test_half_refuses_what_overflows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`w` does not fit float16"):
        save_bundle(tmp_path / "x", make_bundle(w=torch.tensor([1e6])), half=True)
    assert list(tmp_path.iterdir()) == []


def test_tied_strided_and_trained_tensors_are_saved(tmp_path: Path) -> None:
    shared = torch.nn.Parameter(torch.randn(4, 6))
    tensors = {"a": shared, "b": shared, "turned": shared.t(), "part": shared[1:3, ::2]}
    save_bundle(tmp_path / "x", make_bundle(**tensors))
    back = load_bundle(tmp_path / "x").tensors
    for name, x in tensors.items():
        assert torch.equal(back[name], x.detach())
    assert back["a"].data_ptr() != back["b"].data_ptr()


def test_channels_last_tensors_are_saved(tmp_path: Path) -> None:
    x = torch.randn(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    for half in (False, True):
        save_bundle(tmp_path / "x", make_bundle(x=x), half=half)
        assert torch.equal(
            load_bundle(tmp_path / "x").tensors["x"].float(), x.half().float() if half else x
        )


def test_saving_replaces_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x"
    before = save_bundle(path, make_bundle())
    bad = Bundle(before, {"f": float("nan")}, {})
    with pytest.raises(InputError, match="not JSON"):
        save_bundle(path, bad)
    assert file_sha256(path) == before.sha256
    assert [p.name for p in path.parent.iterdir()] == ["x"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such rights")
def test_bundles_may_be_read_by_whoever_may_read_new_files(tmp_path: Path) -> None:
    save_bundle(tmp_path / "x", make_bundle())
    (tmp_path / "y").touch()
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


@pytest.mark.parametrize("half", [False, True])
def test_a_flipped_bit_is_noticed(tmp_path: Path, *, half: bool) -> None:
    path = tmp_path / "x"
    bundle = make_bundle(w=torch.randn(40), n=torch.arange(3), e=torch.zeros(0))
    save_bundle(path, bundle, half=half)
    data = path.read_bytes()
    load_bundle(path)
    for place in (1, 60):  # bytes from the end
        path.write_bytes(data[:-place] + bytes([data[-place] ^ 1]) + data[len(data) - place + 1 :])
        with pytest.raises(WeightsError, match="x is damaged: wrong checksum") as caught:
            load_bundle(path)
        assert caught.value.hint


def test_early_bundles_without_a_checksum_are_read(tmp_path: Path) -> None:
    card = {"name": "early", "kind": "generator"}
    described = json.dumps({"format": 1, "card": card, "config": {}})
    save_file({"w": torch.ones(2)}, tmp_path / "x", metadata={"facewright": described})
    assert load_bundle(tmp_path / "x").tensors["w"].tolist() == [1, 1]


def test_a_folder_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x" / "full").mkdir(parents=True)
    with pytest.raises(WeightsError, match="cannot be written"):
        save_bundle(tmp_path / "x", make_bundle())
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for read in (load_bundle, read_card, file_sha256):
        with pytest.raises(WeightsError, match="none cannot be read") as caught:
            read(tmp_path / "none")
        assert caught.value.hint


def test_a_wrong_hash_is_refused(tmp_path: Path) -> None:
    save_bundle(tmp_path / "x", make_bundle())
    with pytest.raises(WeightsError, match="not the file that it should be") as caught:
        load_bundle(tmp_path / "x", sha256="0" * 64)
    assert caught.value.hint


def test_foreign_safetensors_are_refused(tmp_path: Path) -> None:
    save_file({"w": torch.ones(1)}, tmp_path / "x")
    with pytest.raises(WeightsError, match="not written by Facewright"):
        load_bundle(tmp_path / "x")


def write_with_metadata(path: Path, described: object) -> None:
    save_file({"w": torch.ones(1)}, path, metadata={"facewright": json.dumps(described)})


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    write_with_metadata(tmp_path / "x", {"format": 2, "card": {}, "config": {}})
    with pytest.raises(WeightsError, match="format 2") as caught:
        read_card(tmp_path / "x")
    assert "upgrade" in caught.value.hint


def test_fields_of_later_cards_are_left_out(tmp_path: Path) -> None:
    card = {"name": "n", "kind": "k", "colour": "red", "size": 5, "sha256": "forged"}
    write_with_metadata(tmp_path / "x", {"format": 1, "card": card, "config": {}})
    read = read_card(tmp_path / "x")
    assert (read.name, read.kind) == ("n", "k")
    assert (read.sha256, read.size) == (
        file_sha256(tmp_path / "x"),
        (tmp_path / "x").stat().st_size,
    )


@pytest.mark.parametrize(
    "described",
    [
        [],
        "text",
        {"format": 1, "card": {"name": "n"}, "config": {}},
        {"format": 1, "card": [], "config": {}},
        {"format": 1, "card": {"name": "n", "kind": 3}, "config": {}},
        {"format": 1, "card": {"name": "n", "kind": "k"}, "config": []},
    ],
)
def test_a_malformed_description_is_refused(tmp_path: Path, described: object) -> None:
    write_with_metadata(tmp_path / "x", described)
    with pytest.raises(WeightsError):
        load_bundle(tmp_path / "x")


def test_deeply_nested_headers_are_refused(tmp_path: Path) -> None:
    header = b"[" * 200_000
    (tmp_path / "x").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(WeightsError, match="no safetensors file"):
        load_bundle(tmp_path / "x")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("bundle") / "x"
    save_bundle(path, make_bundle(a=torch.ones(3, 5), b=torch.arange(7)))
    return path, path.read_bytes()


@settings(deadline=None, max_examples=60)
@given(share=st.floats(0, 1, exclude_max=True))
def test_truncated_files_are_refused(saved: tuple[Path, bytes], share: float) -> None:
    path, data = saved
    cut = path.with_name("cut")
    cut.write_bytes(data[: int(share * len(data))])
    with pytest.raises(WeightsError):
        load_bundle(cut)


@settings(deadline=None, max_examples=150)
@given(where=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_mutated_files_never_crash(saved: tuple[Path, bytes], where: float, byte: int) -> None:
    path, data = saved
    place = int(where * len(data))
    changed = path.with_name("changed")
    changed.write_bytes(data[:place] + bytes([byte]) + data[place + 1 :])
    with contextlib.suppress(WeightsError):
        assert load_bundle(changed).card.name
    if byte != data[place]:
        with pytest.raises(WeightsError, match="not the file"):
            load_bundle(changed, sha256=file_sha256(path))
