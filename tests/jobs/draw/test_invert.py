"""Photos become files of latents, with a picture of before and after."""

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import FileError, InputError
from facewright.hub.bundle import file_sha256
from facewright.jobs.commands.draw.invert import Invert, InvertOptions
from facewright.jobs.run import run_files
from facewright.latents.files import load_latents
from facewright.media.decode import read_image
from facewright.pipelines.draw.invert import InvertPipeline
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import read_manifest


@pytest.fixture
def invert(inverting):
    """Invert photos with few steps."""

    class Tiny(Invert):
        def open(self):
            self.pipeline = inverting(InvertPipeline)

    def run(*photos, progress=None, **changes):
        options = InvertOptions(**{"refine": 2, "consent": "self", "device": "cpu", **changes})
        return run_files(Tiny(options, progress), [str(photo) for photo in photos])

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
    assert found.files == [tmp_path / "me.latents", tmp_path / "me.png"]
    stages = found.pictures[0].measurements["stages"]
    assert [one["stage"] for one in stages] == ["average", "refined"]
    assert set(stages[0]) == {"stage", "rmse", "perceptual", "likeness"}
    name, average, _ = found.lines
    assert (name, average[:15]) == (str(portrait), "  average: rmse")
    assert load_latents(found.files[0]).consent == "self"
    manifest = read_manifest(found.files[1])
    assert (manifest.task, manifest.consent, manifest.seeds) == ("invert", "self", (0,))
    assert manifest.sources == {f"photo/{portrait.name}": file_sha256(portrait)}
    assert manifest.parameters["encoder"] == "none"
    assert {"tiny", "custom"} <= set(manifest.models)
    height, width, _ = read_image(found.files[1]).shape
    assert (width > 3 * 256, height > 256) == (True, True)


def test_the_picture_may_be_named_instead(invert, portrait, tmp_path):
    found = invert(portrait, out=tmp_path / "me.webp")
    assert found.files == [tmp_path / "me.latents", tmp_path / "me.webp"]


def test_tuning_adds_a_file(invert, portrait, tmp_path):
    options = {"out": tmp_path / "me.latents", "refine": 0, "tune": True}
    beside = invert(portrait, **options).files[0]
    assert beside == tmp_path / "me.tuning.safetensors"
    assert load_latents(tmp_path / "me.latents").tuning.sha256 == file_sha256(beside)


def test_of_a_folder_every_face_is_found_and_the_rest_is_listed(invert, album, tmp_path):
    told = []
    out = tmp_path / "found"
    found = invert(album, out=out, progress=lambda *done: told.append(done))
    names = ["a.latents", "a.png", "b.latents", "b.png"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert [one.source for one in found.refused] == [str(album / "c.png")]
    assert found.failed
    assert told == [(1, 3), (2, 3), (3, 3)]

    again = invert(album, out=out)
    assert ([one.frames for one in again.pictures], again.lines) == ([0, 0], ["there already: 2"])

    before = (out / "a.latents").read_bytes()
    other = invert(album, out=out, seed=1)
    assert other.pictures == []
    assert "is there already" in other.refused[0].reason
    assert (out / "a.latents").read_bytes() == before
    assert len(invert(album, out=out, seed=1, overwrite=True).pictures) == 2


def test_an_aligned_picture_is_not_cut(invert, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Pillow.fromarray(image).save(tmp_path / "a.png")
    found = invert(tmp_path / "a.png", out=tmp_path / "x.latents", aligned=True)
    assert "custom" not in read_manifest(found.files[1]).models


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
    with pytest.raises(FileError, match=r"none\.png"):
        invert("none.png", out=tmp_path / "x.latents")
    with pytest.raises(InputError, match="holds one picture"):
        invert(album, out=tmp_path / "x.latents")
    with pytest.raises(InputError, match="no file of latents"):
        invert(portrait, out=tmp_path / "x.txt")
    with pytest.raises(InputError, match="is the source itself"):
        invert(album / "a.png", out=album / "a.latents")
    with pytest.raises(InputError, match="is where .* lies"):
        invert(album, out=album)
    with pytest.raises(InputError, match="--refine"):
        invert(portrait, out=tmp_path / "x.latents", refine=-1)
    with pytest.raises(InputError, match="no face"):
        invert(album / "c.png", out=tmp_path / "x.latents")


def test_the_same_photo_gives_the_same_bytes(invert, portrait, tmp_path):
    one, two = (invert(portrait, out=tmp_path / name / "me.latents").files for name in "ab")
    assert all(digest_unsigned(a) == digest_unsigned(b) for a, b in zip(one, two, strict=True))
