"""Latents say whom they draw, and count only if this installation wrote them."""

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from facewright.errors import InputError
from facewright.latents.files import StoredLatents, load_latents, save_latents
from facewright.pipelines.consent import resolve_consent, shows_nobody
from facewright.provenance.publish import publish_image
from facewright.types import Latents, Manifest


@pytest.fixture
def keep(tmp_path):
    def save(consent, name="x.latents"):
        latents = Latents(torch.zeros(1, 6, 8), "w+", "tiny")
        save_latents(tmp_path / name, StoredLatents(latents, "0" * 64, consent))
        return tmp_path / name

    return save


def test_latents_say_whom_they_draw(keep, tmp_path):
    for consent, nobody in (("generated", True), ("self", False), ("", False)):
        path = keep(consent)
        assert load_latents(path).sealed
        assert shows_nobody(str(path)) is nobody
    (tmp_path / "x.latents").write_bytes(b"")
    assert not shows_nobody(str(tmp_path / "x.latents"))


def test_latents_whose_consent_was_changed_count_as_those_of_somebody(keep):
    path = keep("Ada agreed")
    with safe_open(path, framework="pt") as file:
        about, values = file.metadata(), file.get_tensor("latents")
    changed = {key: text.replace("Ada agreed", "generated") for key, text in about.items()}
    assert changed != about
    save_file({"latents": values}, path, changed)
    assert load_latents(path).consent == "generated"
    assert not shows_nobody(str(path))
    save_file({"latents": values + 1}, path, about)
    assert not load_latents(path).sealed


def test_latents_of_another_installation_count_as_those_of_somebody(keep, tmp_path, monkeypatch):
    path = keep("generated")
    monkeypatch.setenv("FACEWRIGHT_CONFIG", str(tmp_path / "other"))
    with pytest.raises(InputError, match="may show a real person"):
        resolve_consent("restyle", None, [str(path)])


def test_generated_pictures_and_latents_need_no_consent_and_cameras_do(keep, tmp_path):
    image = np.zeros((4, 4, 3), np.uint8)
    picture = publish_image(image, tmp_path / "x.png", Manifest("generate", {}))
    shown = [str(picture), str(keep("generated"))]
    assert resolve_consent("restyle", None, shown) == "generated"
    with pytest.raises(InputError, match="0 may show a real person"):
        resolve_consent("swap", None, [str(picture), "0"])
    assert resolve_consent("swap", "self", ["0"]) == "self"
