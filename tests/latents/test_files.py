import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from facewright.device import seeded
from facewright.errors import FileError, InputError
from facewright.latents.files import StoredLatents, Tuning, load_latents, save_latents
from facewright.types import Latents

VALUES = torch.randn(2, 6, 8, generator=seeded(0))
STORED = StoredLatents(Latents(VALUES, "w+", "faces"), "ab" * 32)


def test_latents_survive_their_file(tmp_path):
    save_latents(tmp_path / "a.latents", STORED)
    loaded = load_latents(tmp_path / "a.latents")
    assert torch.equal(loaded.latents.values, VALUES)
    assert (loaded.latents.space, loaded.latents.generator) == ("w+", "faces")
    assert loaded.sha256 == STORED.sha256


def test_consent_and_tuning_survive_too(tmp_path):
    stored = replace(STORED, consent="self", tuning=Tuning("me.tuning.safetensors", "cd" * 32))
    save_latents(tmp_path / "a", stored)
    loaded = load_latents(tmp_path / "a")
    assert (loaded.consent, loaded.tuning) == ("self", stored.tuning)


def test_equal_latents_give_equal_bytes(tmp_path):
    strided = Latents(VALUES.transpose(0, 1).contiguous().transpose(0, 1), "w+", "faces")
    save_latents(tmp_path / "a", STORED)
    save_latents(tmp_path / "b", StoredLatents(strided, STORED.sha256))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_their_own_generator_may_draw_them_and_no_other():
    STORED.check_generator("renamed", "ab" * 32)
    with pytest.raises(InputError, match=r"generator `faces` \(abababababab\), not `others`"):
        STORED.check_generator("others", "cd" * 32)
    with pytest.raises(InputError, match="other weights of that name"):
        STORED.check_generator("faces", "cd" * 32)


def write(path, values=VALUES, **changes):
    about = {"format": 1, "space": "w+", "generator": {"name": "a", "sha256": "b"}, **changes}
    save_file({"latents": values}, path, {"facewright-latents": json.dumps(about)})


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"format": 2}, "format 2"),
        ({"space": "v"}, "damaged"),
        ({"values": VALUES[0]}, "damaged"),
        ({"values": VALUES.int()}, "damaged"),
        ({"values": VALUES * torch.nan}, "no numbers"),
        ({"generator": 3}, "no latents"),
        ({"tuning": 3}, "no latents"),
        ({"tuning": {"file": "../me", "sha256": "a"}}, "no name of a file"),
    ],
)
def test_what_is_no_file_of_latents_says_so(tmp_path, changes, match):
    write(tmp_path / "a", **changes)
    with pytest.raises(FileError, match=match):
        load_latents(tmp_path / "a")


def test_a_missing_file_and_other_tensors_say_so(tmp_path):
    save_file({"latents": VALUES}, tmp_path / "other")
    for name in ("none", "other"):
        with pytest.raises(FileError, match="holds no latents"):
            load_latents(tmp_path / name)


@given(st.data())
def test_a_damaged_file_never_crashes(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damage") / "a"
    save_latents(path, STORED)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    path.write_bytes(whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :])
    try:
        loaded = load_latents(path)
    except FileError:
        return
    assert loaded.latents.values.ndim == 3


def test_a_folder_in_the_way_is_an_error(tmp_path):
    with pytest.raises(FileError, match="cannot be written"):
        save_latents(tmp_path, STORED)
