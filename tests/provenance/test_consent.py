"""Only what is verifiably generated needs no consent; every command that changes people asks."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image as Pictures
from PIL.PngImagePlugin import PngInfo

from facewright.errors import InputError
from facewright.jobs.table import COMMANDS
from facewright.provenance.certificates import load_identity
from facewright.provenance.consent import ask_consent, shows_nobody
from facewright.provenance.credentials import read_credentials, sign_bytes
from facewright.provenance.manifest import to_text
from facewright.provenance.policy import POLICIES, find_policy
from facewright.provenance.publish import publish_image, read_manifest, render_entry
from facewright.types import Manifest

IMAGE = (127 + 127 * np.sin(np.arange(3072.0) ** 2)).astype(np.uint8).reshape(32, 32, 3)
PHOTO = 255 - IMAGE
GENERATED = Manifest("generate", {}, seeds=(1,))


@pytest.fixture
def publish(tmp_path):
    def make(name, task, consent="", image=IMAGE):
        return publish_image(image, tmp_path / name, Manifest(task, {}, consent=consent))

    return make


def save_photo(path, text):
    """Write a photo, as any program can, with any text in it."""
    note = PngInfo()
    note.add_text("facewright", text)
    Pictures.fromarray(PHOTO).save(path, pnginfo=note)


@pytest.mark.parametrize(
    ("task", "consent", "nobody"),
    [
        ("generate", "", True),
        ("interpolate", "", True),
        ("find", "", False),
        ("swap", "generated", True),
        ("swap", "self", False),
        ("swap", "", False),
        ("morph", "generated", True),
        ("prepare", "generated", False),
        ("sculpt", "", False),
    ],
)
def test_a_signed_file_says_whether_it_shows_nobody(publish, task, consent, nobody):
    assert shows_nobody(publish("x.jpg", task, consent)) is nobody


def test_a_forged_note_in_a_photo_waives_nothing(tmp_path):
    for text in ('{"facewright":1,"task":"generate"}', to_text(GENERATED)):
        save_photo(tmp_path / "photo.png", text)
        assert read_credentials(tmp_path / "photo.png").signed is False
        with pytest.raises(InputError, match=r"photo\.png may show a real person"):
            ask_consent("swap", None, [tmp_path / "photo.png"])


def test_a_signature_that_was_cut_out_of_another_file_waives_nothing(publish, tmp_path):
    signed = publish("generated.png", "generate").read_bytes()
    start = signed.index(b"caBX") - 4
    chunk = signed[start : start + 12 + int.from_bytes(signed[start : start + 4], "big")]
    save_photo(tmp_path / "photo.png", to_text(GENERATED))
    photo = (tmp_path / "photo.png").read_bytes()
    (tmp_path / "photo.png").write_bytes(photo[:33] + chunk + photo[33:])
    assert read_credentials(tmp_path / "photo.png").signed
    assert not shows_nobody(tmp_path / "photo.png")


def test_a_picture_that_was_painted_over_after_it_was_signed_waives_nothing(publish):
    path = publish("x.bmp.jpg", "generate")
    data = bytearray(path.read_bytes())
    data[-200] ^= 8
    path.write_bytes(data)
    assert not shows_nobody(path)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp"])
def test_a_file_that_was_broken_off_waives_nothing(publish, name, share):
    path = publish(name, "generate")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert not shows_nobody(path)


def test_a_note_that_contradicts_the_signature_waives_nothing(tmp_path):
    """What counts is what was signed, not the text beside it."""
    signed = Manifest("swap", {}, consent="Ada agreed")
    data = render_entry(IMAGE, ".png", GENERATED)
    (tmp_path / "x.png").write_bytes(sign_bytes(data, "png", signed))
    assert read_manifest(tmp_path / "x.png").task == "generate"
    assert not shows_nobody(tmp_path / "x.png")


def test_the_signature_of_a_stranger_waives_nothing_until_they_are_trusted(
    publish, tmp_path, monkeypatch
):
    path, root = publish("x.png", "generate"), load_identity().root
    monkeypatch.setenv("FACEWRIGHT_CONFIG", str(tmp_path / "other"))
    with pytest.raises(InputError) as caught:
        ask_consent("toonify", None, [path])
    assert "signed here" in caught.value.hint
    folder = tmp_path / "other" / "signing" / "trusted"
    folder.mkdir(parents=True)
    (folder / "friend.pem").write_bytes(root)
    assert ask_consent("toonify", None, [path]) == "generated"


def test_formats_that_hold_no_signature_waive_nothing(publish):
    assert not shows_nobody(publish("x.bmp", "generate"))


def test_a_copy_under_another_name_is_still_what_was_signed(publish, tmp_path):
    copy = shutil.copy(publish("x.png", "generate"), tmp_path / "holiday.jpeg")
    assert shows_nobody(copy)


def test_a_folder_shows_nobody_if_all_in_it_do(publish, tmp_path):
    (tmp_path / "deep").mkdir()
    publish("a.png", "generate")
    publish("deep/b.png", "mix")
    assert shows_nobody(tmp_path)
    publish("deep/c.png", "test")
    assert not shows_nobody(tmp_path)


def test_what_is_not_there_or_no_picture_may_show_somebody(tmp_path):
    (tmp_path / "x.png").write_bytes(b"no picture")
    (tmp_path / "empty").mkdir()
    assert not any(shows_nobody(tmp_path / name) for name in ("x.png", "y.png", "empty"))


def test_generated_people_need_no_consent_and_real_ones_do(publish):
    generated, real = publish("g.png", "generate"), publish("r.png", "test")
    assert ask_consent("swap", None, [generated]) == "generated"
    assert ask_consent("swap", " Ada agreed ", [real]) == "Ada agreed"
    with pytest.raises(InputError, match=r"r\.png may show a real person") as caught:
        ask_consent("swap", "  ", [generated, real])
    assert "--consent" in caught.value.hint
    assert ask_consent("find", None, [real]) == ""
    assert ask_consent("find", "self", [real]) == "self"


def test_commands_that_change_people_ask_and_those_that_look_do_not():
    asking = {task for task, policy in POLICIES.items() if policy.asks}
    assert asking == {
        *("swap", "morph", "restyle", "edit", "convert", "toonify", "emoji", "enhance", "invert"),
    }
    assert find_policy("a command of tomorrow").asks
    assert all(policy.reason for policy in POLICIES.values())


def test_every_command_that_takes_consent_asks_for_it_or_records_it():
    """A new command has to be put into the table."""
    read_only = {"show", "verify", "remake", "evaluate", "doctor", "demo", "studio", "bulk"}
    for command in COMMANDS:
        if command.name not in read_only and not command.name.startswith(("models", "train")):
            assert command.name in POLICIES


def test_nothing_about_a_person_names_a_folder(publish, tmp_path):
    path = publish("x.png", "swap", "Ada agreed")
    found = read_credentials(path)
    assert (found.manifest.consent, found.manifest.task) == ("Ada agreed", "swap")
    assert found.consent_date
    assert str(tmp_path).encode() not in path.read_bytes()
    assert json.loads(to_text(found.manifest))["consent"] == "Ada agreed"
