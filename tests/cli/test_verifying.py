"""What `facewright verify` prints, and how keys and marks are chosen on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures
from tests.provenance.identities import make_identity

from facewright.media.decode import read_image
from facewright.provenance.certificates import load_identity
from facewright.provenance.credentials import KEY_VARIABLE, read_credentials
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Manifest

IMAGE = (127 + 60 * np.sin(np.arange(200 * 200 * 3.0) / 97)).astype(np.uint8).reshape(200, 200, 3)
MANIFEST = Manifest("swap", {}, sources={"face/a.png": "ab" * 32}, consent="Ada agreed")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEWRIGHT_WEIGHTS", raising=False)


def test_a_file_of_ones_own_is_trusted(facewright):
    publish_image(IMAGE, Path("x.png"), MANIFEST)
    status, out, _ = facewright("verify", "x.png")
    signer, day = read_credentials(Path("x.png")).signer, read_credentials(Path("x.png"))
    assert status == 0
    lines = [line.partition(":")[::2] for line in out.splitlines()]
    said = {name.strip(): value.strip() for name, value in lines}
    assert said["signed by"] == f"{signer}, trusted"
    assert said["unaltered"] == "yes"
    assert said["marked"].startswith("altered, number ")
    assert said["made as"] == "compositeWithTrainedAlgorithmicMedia"
    assert said["consent"] == f"Ada agreed, recorded {day.consent_date}"


def test_foreign_and_altered_files_fail(facewright):
    publish_image(IMAGE, Path("a.jpg"), MANIFEST)
    data = bytearray(Path("a.jpg").read_bytes())
    data[-999] ^= 1
    Path("a.jpg").write_bytes(data)
    publish_image(IMAGE, Path("b.bmp"), MANIFEST)
    status, out, _ = facewright("verify", "a.jpg", "b.bmp")
    assert status == 1
    assert "unaltered: no: it was changed after it was signed" in out
    assert "problems:  assertion.dataHash.mismatch" in out
    assert "signed by: nobody" in out
    assert "claims:    swap, which nobody signed" in out
    status, _, err = facewright("verify", "c.png")
    assert (status, "c.png cannot be read" in err) == (1, True)


def test_a_note_writes_no_line_of_its_own(facewright):
    spoof = "generate\n  signed by: NASA, trusted\n  unaltered: yes\x1b[2J"
    said = json.dumps({"facewright": 1, "task": spoof, "consent": "x\nfacewright: 9"})
    Pictures.fromarray(IMAGE).save("x.jpg", comment=said.encode())
    status, out, _ = facewright("verify", "x.jpg")
    assert status == 1
    starts = [line.strip() for line in out.splitlines() if line.strip().startswith("signed by")]
    assert starts == ["signed by: nobody"]
    assert "\x1b" not in out
    _, out, _ = facewright("show", "x.jpg")
    assert [line.partition(":")[0] for line in out.splitlines()] == ["task", "consent"]


def test_json_says_the_same(facewright):
    publish_image(IMAGE, Path("x.png"), MANIFEST)
    status, out, _ = facewright("verify", "x.png", "--json")
    (verdict,) = json.loads(out)["files"]
    assert status == 0
    assert verdict["credentials"]["trusted"] is True
    assert verdict["credentials"]["manifest"]["consent"] == "Ada agreed"
    assert verdict["watermark"] >> 24 == 2


def test_a_key_that_is_named_signs_one_command(facewright):
    Path("key.pem").write_bytes(make_identity("P-384"))
    generate = ["generate", "--seeds", "1", "--size", "160"]
    assert facewright(*generate, "-o", "a.png", "--signing-key", "key.pem")[0] == 0
    assert facewright(*generate, "-o", "b.png")[0] == 0
    assert read_credentials(Path("a.png")).signer == "Ada, Example"
    assert not read_credentials(Path("a.png")).trusted  # here; who has the key trusts it
    assert read_credentials(Path("b.png")).trusted
    assert load_identity().root != Path("key.pem").read_bytes()


def test_a_key_that_cannot_sign_is_told_before_the_work(facewright, monkeypatch):
    words = ["generate", "--seeds", "1", "-o", "a.png"]
    for words_of_key in (["--signing-key", "nowhere.pem"], []):
        status, _, err = facewright(*words, *words_of_key)
        assert (status, "nowhere.pem cannot be read" in err) == (1, True)
        monkeypatch.setenv(KEY_VARIABLE, "nowhere.pem")
    assert not Path("a.png").exists()


def test_the_mark_can_be_left_out_and_a_remake_leaves_it_out_too(facewright):
    words = ["generate", "--seeds", "1", "--size", "160"]
    assert facewright(*words, "-o", "plain.png", "--no-watermark")[0] == 0
    assert facewright(*words, "-o", "marked.png")[0] == 0
    assert read_manifest(Path("plain.png")).marks == {"watermark": "off"}
    assert not np.array_equal(read_image(Path("plain.png")), read_image(Path("marked.png")))
    for name in ("plain.png", "marked.png"):
        status, out, _ = facewright("remake", name)
        assert (status, "to the last bit but the signature" in out) == (0, True)
