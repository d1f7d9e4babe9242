"""Photos become files of latents, with a picture of before and after."""

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import FileError, InputError
from facewright.hub.bundle import file_sha256
from facewright.latents.files import load_latents
from facewright.media.decode import read_image
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import read_manifest
from facewright.tasks.inverting.files import InvertOptions, check_invert, invert_with


@pytest.fixture
def invert(lookout, inverter):
    """Invert photos with few steps."""

    def run(*photos, progress=None, **changes):
        options = InvertOptions(**{"refine": 2, "consent": "self", "device": "cpu", **changes})
        names = [str(photo) for photo in photos]
        check_invert(names, options)
        return invert_with(lookout, inverter, names, options, progress)

    return run


@pytest.fixture
def album(portrait, paint, tmp_path):
    """A folder with two faces, and a picture that shows none."""
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "a.png").write_bytes(portrait.read_bytes())
    Pillow.fromarray(paint((20, 10, 79, 89), size=(100, 120))).save(folder / "b.png")
    Pillow.fromarray(paint(size=(80, 80))).save(folder / "c.png")
    return folder


def test_a_photo_gets_latents_and_a_picture(invert, portrait, tmp_path):
    found = invert(portrait, out=tmp_path / "me.latents")
    (face,) = found.faces
    assert face.files == [tmp_path / "me.latents", tmp_path / "me.png"]
    assert [one["stage"] for one in face.readings] == ["average", "refined"]
    assert set(face.readings[0]) == {"stage", "rmse", "perceptual", "likeness"}
    assert load_latents(face.files[0]).consent == "self"
    manifest = read_manifest(face.files[1])
    assert (manifest.task, manifest.consent, manifest.seeds) == ("invert", "self", (0,))
    assert manifest.sources == {f"photo/{portrait.name}": file_sha256(portrait)}
    assert manifest.parameters["encoder"] == "none"
    assert {"tiny", "red"} <= set(manifest.models)
    height, width, _ = read_image(face.files[1]).shape
    assert (width > 3 * 256, height > 256) == (True, True)


def test_the_picture_may_be_named_instead(invert, portrait, tmp_path):
    (face,) = invert(portrait, out=tmp_path / "me.webp").faces
    assert face.files == [tmp_path / "me.latents", tmp_path / "me.webp"]


def test_tuning_adds_a_file(invert, portrait, tmp_path):
    options = {"out": tmp_path / "me.latents", "refine": 0, "tune": True}
    (face,) = invert(portrait, **options).faces
    assert face.files[0] == tmp_path / "me.tuning.safetensors"
    assert load_latents(tmp_path / "me.latents").tuning.sha256 == file_sha256(face.files[0])


def test_of_a_folder_every_face_is_found_and_the_rest_is_listed(invert, album, tmp_path):
    told = []
    out = tmp_path / "found"
    found = invert(album, out=out, progress=lambda *done: told.append(done))
    names = ["a.latents", "a.png", "b.latents", "b.png"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert list(found.refused) == [str(album / "c.png")]
    assert found.failed
    assert told[0] == (1, 6)

    again = invert(album, out=out)
    assert (again.known, again.faces) == (2, [])

    before = (out / "a.latents").read_bytes()
    other = invert(album, out=out, seed=1)
    assert other.faces == []
    assert "is there already" in other.refused[str(album / "a.png")]
    assert (out / "a.latents").read_bytes() == before
    assert len(invert(album, out=out, seed=1, overwrite=True).faces) == 2


def test_an_aligned_picture_is_not_cut(invert, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Pillow.fromarray(image).save(tmp_path / "a.png")
    (face,) = invert(tmp_path / "a.png", out=tmp_path / "x.latents", aligned=True).faces
    assert "red" not in read_manifest(face.files[1]).models


def test_nothing_is_overwritten_unasked(invert, portrait, tmp_path):
    out = tmp_path / "me.latents"
    invert(portrait, out=out)
    with pytest.raises(InputError, match="is there already"):
        invert(portrait, out=out)
    (tmp_path / "me.png").unlink()
    with pytest.raises(InputError, match=r"me\.latents is there already"):
        invert(portrait, out=out)
    invert(portrait, out=out, overwrite=True)


def test_a_tuning_of_another_run_is_not_replaced_unasked(invert, portrait, tmp_path):
    out, tuning = tmp_path / "me.latents", tmp_path / "me.tuning.safetensors"
    tuning.write_bytes(b"of another run")
    with pytest.raises(InputError, match=r"me\.tuning\.safetensors is there already"):
        invert(portrait, out=out, refine=0, tune=True)
    assert tuning.read_bytes() == b"of another run"
    invert(portrait, out=out, refine=0)  # which writes none


def test_a_real_person_has_to_agree(invert, portrait, tmp_path):
    with pytest.raises(InputError, match="may show a real person"):
        invert(portrait, out=tmp_path / "me.latents", consent=None)


def test_what_makes_no_sense_is_refused(invert, portrait, album, tmp_path):
    with pytest.raises(FileError, match=r"there is no none\.png"):
        invert("none.png", out=tmp_path / "x.latents")
    with pytest.raises(InputError, match="holds one face, not 3"):
        invert(album, out=tmp_path / "x.latents")
    with pytest.raises(InputError, match="no file of latents"):
        invert(portrait, out=tmp_path / "x.txt")
    with pytest.raises(InputError, match="is the photo"):
        invert(album / "a.png", out=album / "a.latents")
    with pytest.raises(InputError, match="where the photos lie"):
        invert(album, out=album)
    with pytest.raises(InputError, match="--refine"):
        invert(portrait, out=tmp_path / "x.latents", refine=-1)
    with pytest.raises(InputError, match="no face"):
        invert(album / "c.png", out=tmp_path / "x.latents")


def test_the_same_photo_gives_the_same_bytes(invert, portrait, tmp_path):
    one, two = (
        invert(portrait, out=tmp_path / name / "me.latents").faces[0].files for name in "ab"
    )
    assert all(digest_unsigned(a) == digest_unsigned(b) for a, b in zip(one, two, strict=True))
