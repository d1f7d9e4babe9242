"""Nobody who may be real is shown without their consent."""

import numpy as np
import pytest
import torch

from facewright.errors import InputError
from facewright.latents.files import StoredLatents, save_latents
from facewright.pipelines.consent import resolve_consent, shows_nobody
from facewright.provenance.publish import publish_image
from facewright.types import Latents, Manifest


@pytest.fixture
def publish(tmp_path):
    def make(name, task, consent=""):
        image = np.zeros((4, 4, 3), np.uint8)
        path = publish_image(image, tmp_path / name, Manifest(task, {}, consent=consent))
        return str(path)

    return make


@pytest.mark.parametrize(
    ("task", "consent", "nobody"),
    [
        ("generate", "", True),
        ("interpolate", "", True),
        ("find", "", False),
        ("swap", "generated", True),
        ("swap", "self", False),
        ("morph", "generated", True),
        ("morph", "", False),
        ("invert", "generated", True),
        ("invert", "self", False),
    ],
)
def test_a_file_says_itself_whether_it_shows_nobody(publish, task, consent, nobody):
    assert shows_nobody(publish("x.png", task, consent)) is nobody


def test_latents_say_whom_they_draw(tmp_path):
    for consent, nobody in (("generated", True), ("self", False), ("", False)):
        latents = Latents(torch.zeros(1, 6, 8), "w+", "tiny")
        save_latents(tmp_path / "x.latents", StoredLatents(latents, "0" * 64, consent))
        assert shows_nobody(str(tmp_path / "x.latents")) is nobody
    (tmp_path / "x.latents").write_bytes(b"")
    assert not shows_nobody(str(tmp_path / "x.latents"))


def test_a_folder_shows_nobody_if_all_in_it_do(publish, tmp_path):
    publish("a.png", "generate")
    publish("b.png", "mix")
    assert shows_nobody(str(tmp_path))
    publish("deep/c.png", "test")
    assert not shows_nobody(str(tmp_path))


def test_what_is_not_there_and_what_says_nothing_may_show_somebody(tmp_path):
    (tmp_path / "x.png").write_bytes(b"no picture")
    assert not shows_nobody(str(tmp_path / "x.png"))
    assert not shows_nobody("0")
    (tmp_path / "empty").mkdir()
    assert not shows_nobody(str(tmp_path / "empty"))


def test_generated_people_need_no_consent_and_real_ones_do(publish):
    generated, real = publish("g.png", "generate"), publish("r.png", "test")
    assert resolve_consent(None, [generated]) == "generated"
    assert resolve_consent(" Ada agreed ", [real]) == "Ada agreed"
    with pytest.raises(InputError, match=r"r\.png may show a real person") as caught:
        resolve_consent("  ", [generated, real])
    assert "--consent" in caught.value.hint
