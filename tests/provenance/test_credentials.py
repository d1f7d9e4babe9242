"""What leaves is signed, and a signature holds for one file, unaltered."""

import io
import json
import logging
import stat
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import c2pa
import numpy as np
import pytest
from PIL import Image as Pictures
from tests.mutations import assert_survived
from tests.provenance.identities import make_identity

from facewright.errors import FileError
from facewright.jobs.commands.verify import verify_files
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.provenance.certificates import load_identity, read_identity
from facewright.provenance.credentials import (
    KEY_VARIABLE,
    digest_unsigned,
    explain_unsigned,
    read_credentials,
    seal,
)
from facewright.provenance.manifest import from_text
from facewright.provenance.publish import (
    STOPPED_AFTER,
    publish_clip,
    publish_image,
    read_manifest,
    render_entry,
)
from facewright.types import Clip, Manifest

SIGNED = ["x.png", "x.jpg", "x.webp", "x.gif", "x.mp4"]
IMAGE = (127 + 127 * np.sin(np.arange(3072.0) ** 2)).astype(np.uint8).reshape(32, 32, 3)  # noise
MANIFEST = Manifest(
    "swap",
    {"face": "a.png", "body": "b.png", "keep": None},
    sources={"face/a.png": "ab" * 32, "body/b.png": "cd" * 32},
    consent="Zoë agreed",
    version="0.1.0",
)


def publish(path: Path, manifest: Manifest = MANIFEST) -> Path:
    if path.suffix in {".gif", ".mp4"}:
        frames = (np.roll(IMAGE, i, axis=0) for i in range(5))
        return publish_clip(Clip((32, 32), Fraction(5), frames), path, manifest)
    return publish_image(IMAGE, path, manifest)


def see(path: Path) -> np.ndarray:
    """Return what a file shows."""
    return np.stack(list(read_clip(path).frames)) if path.suffix == ".mp4" else read_image(path)


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Makes this the installation of somebody else; called again, a third one."""

    def move(name: str = "other") -> None:
        monkeypatch.setenv("FACEWRIGHT_CONFIG", str(tmp_path / name))

    return move


@pytest.mark.parametrize("name", SIGNED)
def test_what_leaves_is_signed_by_this_installation(tmp_path, name):
    found = read_credentials(publish(tmp_path / name))
    assert (found.signed, found.trusted, found.unaltered, found.problems) == (True, True, True, ())
    assert found.signer.startswith("Facewright installation ")
    assert found.manifest == MANIFEST
    assert found.source_type == "compositeWithTrainedAlgorithmicMedia"


@pytest.mark.parametrize("name", SIGNED)
def test_the_reader_of_c2pa_agrees(tmp_path, name):
    path = publish(tmp_path / name)
    roots = load_identity().root.decode()
    with c2pa.Context.from_dict({"version": 1, "trust": {"trust_anchors": roots}}) as context:
        report = json.loads(c2pa.Reader(str(path), context=context).json())
    assert report["validation_state"] == "Trusted"
    assert report["validation_results"]["activeManifest"]["failure"] == []
    active = report["manifests"][report["active_manifest"]]
    said = {one["label"]: one["data"] for one in active["assertions"]}
    (created,) = said["c2pa.actions.v2"]["actions"]
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert len(created["parameters"]["ingredients"]) == 2
    named = {one["title"]: one["instance_id"] for one in active["ingredients"]}
    assert named == {name: f"sha256:{sha}" for name, sha in MANIFEST.sources.items()}
    assert from_text(said["org.facewright.manifest"]["manifest"]) == MANIFEST


def test_generated_people_are_declared_as_such(tmp_path):
    for task, sources, term in (
        ("generate", {}, "trainedAlgorithmicMedia"),
        ("toonify", {}, "trainedAlgorithmicMedia"),  # of a seed
        ("toonify", {"photo/a.png": "ab" * 32}, "compositeWithTrainedAlgorithmicMedia"),
        ("find", {"picture/a.png": "ab" * 32}, "composite"),
        ("sculpt", {"picture/a.png": "ab" * 32}, "compositeWithTrainedAlgorithmicMedia"),
    ):
        path = publish(tmp_path / f"{task}-{len(sources)}.png", Manifest(task, {}, sources=sources))
        assert read_credentials(path).source_type == term


@pytest.mark.parametrize("name", SIGNED)
def test_signing_changes_nothing_that_is_seen(tmp_path, name):
    one, two = publish(tmp_path / name), publish(tmp_path / f"2{name}")
    assert one.read_bytes() != two.read_bytes()  # a signature is random
    assert digest_unsigned(one) == digest_unsigned(two)
    if name in {"x.png", "x.webp", "x.jpg"}:
        bare = render_entry(IMAGE, one.suffix, read_manifest(one))
        assert digest_unsigned(one) == digest_unsigned(bare)
        assert np.array_equal(read_image(bare), read_image(one))


def test_a_clip_that_was_ended_early_is_signed_as_it_is(tmp_path):
    frames = (np.roll(IMAGE, i, axis=0) for i in range(9))
    asked = iter([False, False, True])
    clip = Clip((32, 32), Fraction(5), frames, 9)
    path = publish_clip(clip, tmp_path / "x.mp4", MANIFEST, stopped=lambda: next(asked))
    found = read_credentials(path)
    assert found.trusted
    assert found.manifest == read_manifest(path)
    assert found.manifest.parameters[STOPPED_AFTER] == 3 == len(list(read_clip(path).frames))


@pytest.mark.parametrize("name", SIGNED)
def test_altered_files_are_told(tmp_path, name):
    path = publish(tmp_path / name)
    data = bytearray(path.read_bytes())
    data[300 if name == "x.webp" else -len(data) // 8] ^= 1  # within the pictures
    path.write_bytes(data)
    found = read_credentials(path)
    assert (found.signed, found.trusted, found.unaltered) == (True, False, False)
    assert (found.manifest, found.source_type, found.unsigned_sha256) == (None, "", "")
    assert found.problems


def test_credentials_of_another_file_hold_for_none(tmp_path):
    """The C2PA chunk of one PNG, put into another of the same size."""
    mine = publish(tmp_path / "a.png", Manifest("generate", {})).read_bytes()
    real = render_entry(255 - IMAGE, ".png", Manifest("generate", {}))
    start = mine.index(b"caBX") - 4
    chunk = mine[start : start + 12 + int.from_bytes(mine[start : start + 4], "big")]
    forged = real[:33] + chunk + real[33:]  # behind the header
    found = read_credentials(forged)
    assert (found.signed, found.trusted, found.manifest) == (True, False, None)
    assert "assertion.dataHash.mismatch" in found.problems


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.mp4"])
def test_broken_off_files_are_told(tmp_path, name):
    path = publish(tmp_path / name)
    whole = path.read_bytes()
    for share in (0.3, 0.7, 0.99):
        found = read_credentials(whole[: int(len(whole) * share)])
        assert (found.trusted, found.manifest) == (False, None)


@pytest.mark.parametrize("examples", [25, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SIGNED)
def test_no_changed_picture_is_taken_for_what_was_signed(tmp_path, name, examples):
    path = publish(tmp_path / name)
    whole, shown = path.read_bytes(), see(path)

    def read(data):
        if data != whole and read_credentials(data).trusted:  # padding within a signature changed
            path.write_bytes(data)
            assert read_credentials(data).manifest == MANIFEST
            assert np.array_equal(see(path), shown)

    assert_survived(read, whole, examples=examples)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"BM" + bytes(99)])
def test_other_files_are_not_signed(data):
    assert not read_credentials(data).trusted


def test_missing_files_are_an_error(tmp_path):
    with pytest.raises(FileError, match=r"x\.png cannot be read"):
        read_credentials(tmp_path / "x.png")


def test_a_bmp_says_that_it_is_not_signed(tmp_path):
    path = publish(tmp_path / "x.bmp")
    assert not read_credentials(path).signed
    assert read_manifest(path).marks["signature"] == "none: BMP cannot hold one"


def test_somebody_else_does_not_trust_this_installation_until_told(tmp_path, elsewhere):
    path, root = publish(tmp_path / "x.png"), load_identity().root
    elsewhere()
    found = read_credentials(path)
    assert (found.trusted, found.unaltered, found.manifest) == (False, True, MANIFEST)
    folder = tmp_path / "other" / "signing" / "trusted"
    folder.mkdir(parents=True)
    (folder / "notes.pem").write_text("no certificate")
    (folder / "friend.pem").write_bytes(root)
    assert read_credentials(path).trusted


def test_reading_makes_no_key(tmp_path, elsewhere):
    path = publish(tmp_path / "x.png")
    elsewhere()
    read_credentials(path)
    assert not (tmp_path / "other").exists()


def test_the_key_is_for_its_owner_alone(tmp_path, elsewhere):
    elsewhere()
    load_identity()
    (path,) = (tmp_path / "other" / "signing").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_bytes().count(b"PRIVATE KEY-----") == 2  # begin and end of one


def test_processes_that_start_together_share_one_key(elsewhere):
    elsewhere()
    code = "from facewright.provenance.certificates import load_identity as load; print(load())"
    commands = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(4)
    ]
    assert len({command.communicate()[0] for command in commands}) == 1
    assert load_identity().key


def test_without_a_place_for_keys_files_are_written_and_say_so(tmp_path, monkeypatch, caplog):
    (tmp_path / "home").write_text("no folder can be made here")
    monkeypatch.setenv("FACEWRIGHT_CONFIG", str(tmp_path / "home"))
    with caplog.at_level(logging.WARNING):
        for name in ("x.png", "x.mp4"):
            path = publish(tmp_path / name)
            assert not read_credentials(path).signed
            assert read_manifest(path).marks["signature"].startswith("none: no key can be kept")
            assert read_manifest(path) == MANIFEST
    assert caplog.text.count("without a signature") == 1
    assert seal(b"x") == ""


def test_a_damaged_key_is_left_alone_and_nothing_is_signed(tmp_path, elsewhere):
    elsewhere()
    load_identity()
    (key,) = (tmp_path / "other" / "signing").iterdir()
    key.write_bytes(b"precious?")
    assert "is no signing key" in explain_unsigned()
    assert not read_credentials(publish(tmp_path / "x.png")).signed
    assert key.read_bytes() == b"precious?"


def test_a_key_that_has_run_out_is_followed_by_another_and_still_trusted(tmp_path, elsewhere):
    elsewhere()
    folder = tmp_path / "other" / "signing"
    folder.mkdir(parents=True)
    (folder / "signing.pem").write_bytes(make_identity("P-256", years=-1))
    old = read_identity(folder / "signing.pem").root
    assert load_identity().root != old
    assert [path.read_bytes() for path in (folder / "trusted").iterdir()] == [old]


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "RSA", "Ed25519"])
def test_a_key_of_ones_own_signs_instead(tmp_path, monkeypatch, kind):
    (tmp_path / "mine.pem").write_bytes(make_identity(kind))
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "mine.pem"))
    path = publish(tmp_path / "x.jpg")
    assert read_credentials(path).signer == "Ada, Example"
    assert read_credentials(path).trusted
    monkeypatch.delenv(KEY_VARIABLE)
    assert not read_credentials(path).trusted
    assert read_credentials(path).unaltered


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"hello", "is no signing key"),
        (make_identity("P-256").replace(b"MI", b"IM", 1), "is no signing key"),
        (make_identity("P-256", other_key=True), "belongs to another key"),
        (make_identity("secp256k1"), "does not know"),
    ],
    ids=["missing", "text", "damaged", "another's", "unknown curve"],
)
def test_a_key_that_cannot_sign_is_an_error_before_the_work(
    tmp_path, monkeypatch, content, message
):
    path = tmp_path / "mine.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(KEY_VARIABLE, str(path))
    with pytest.raises(FileError, match=message) as caught:
        explain_unsigned()
    assert caught.value.hint


def test_certificates_that_are_not_for_signing_are_an_error(tmp_path, monkeypatch):
    (tmp_path / "mine.pem").write_bytes(make_identity("P-256", usage=False))
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "mine.pem"))
    with pytest.raises(FileError, match="cannot be signed"):
        explain_unsigned()


def test_a_seal_is_for_the_same_bytes_and_the_same_installation(elsewhere):
    assert seal(b"x") == seal(b"x") != seal(b"y")
    mine = seal(b"x")
    elsewhere()
    assert seal(b"x") != mine


def test_a_verdict_is_sound_only_for_what_somebody_trusted_signed(tmp_path):
    sound = publish(tmp_path / "a.png")
    Pictures.fromarray(IMAGE).save(tmp_path / "b.png")
    note = publish_image(IMAGE, tmp_path / "c.bmp", MANIFEST)
    verified = verify_files([sound, tmp_path / "b.png", note])
    assert [verdict.sound for verdict in verified.files] == [True, False, False]
    assert [verdict.claims for verdict in verified.files] == ["", "", "swap"]
    assert verified.failed
    assert not verify_files([sound]).failed


def test_pictures_that_were_saved_again_are_not_signed(tmp_path):
    again = io.BytesIO()
    Pictures.open(publish(tmp_path / "x.png")).save(again, "PNG")
    assert not read_credentials(again.getvalue()).signed


def test_the_day_of_a_consent_is_in_the_signature_alone(tmp_path):
    found = read_credentials(publish(tmp_path / "x.png"))
    assert len(found.consent_date) == len("2026-05-01")
    nobody = replace(MANIFEST, task="generate", consent="")
    assert read_credentials(publish(tmp_path / "y.png", nobody)).consent_date == ""
