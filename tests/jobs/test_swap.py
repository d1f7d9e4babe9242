"""A face goes onto a picture, and the file says how."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import FacewrightError, FileError, InputError
from facewright.hub.bundle import file_sha256
from facewright.jobs.commands.photos.swap import SwapOptions, swap_faces
from facewright.media.decode import read_image
from facewright.pipelines.find import FindPipeline
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Manifest

BOX = (60, 40, 119, 109)


@pytest.fixture
def body(paint, tmp_path):
    """A picture with one face."""
    Pillow.fromarray(paint(BOX, size=(150, 200))).save(tmp_path / "body.png")
    return tmp_path / "body.png"


@pytest.fixture
def two(paint, tmp_path):
    """A picture with two faces."""
    boxes = [(10, 20, 69, 89), (110, 20, 180, 109)]
    Pillow.fromarray(paint(*boxes, size=(150, 200))).save(tmp_path / "two.png")
    return tmp_path / "two.png"


def changed(path, other):
    return (read_image(path) != read_image(other)).any(-1)


def test_not_a_bit_changes_outside_of_the_face(swap, portrait, body, tmp_path):
    swapped = swap(portrait, body)
    assert swapped.files == [tmp_path / "out.png"]
    difference = changed(body, swapped.files[0])
    left, top, right, bottom = BOX
    assert difference[top : bottom + 1, left : right + 1].mean() > 0.15
    difference[top - 2 : bottom + 3, left - 2 : right + 3] = False
    assert not difference.any()


def test_the_manifest_says_everything(swap, portrait, body):
    swapped = swap(portrait, body, consent="Ada agreed to be the body", keep="eyes,mouth")
    manifest = read_manifest(swapped.files[0])
    assert (manifest.task, manifest.consent) == ("swap", "Ada agreed to be the body")
    assert manifest.sources == {
        "face/face.png": file_sha256(portrait),
        "body/body.png": file_sha256(body),
    }
    assert manifest.models == {"custom": ""}
    said = manifest.parameters
    assert (said["face"], said["body"], said["keep"]) == ("face.png", "body.png", "mouth,eyes")
    assert not {"out", "overwrite", "seed", "consent"} & set(said)


def test_equal_swaps_are_equal_files(swap, portrait, body, tmp_path):
    first = digest_unsigned(swap(portrait, body, out=tmp_path / "1.png").files[0])
    assert digest_unsigned(swap(portrait, body, out=tmp_path / "2.png").files[0]) == first


def test_without_consent_only_generated_people_are_shown(swap, portrait, body, paint, tmp_path):
    with pytest.raises(InputError, match="may show a real person"):
        swap(portrait, body, consent=None)
    generated = tmp_path / "generated.png"
    publish_image(paint(BOX, size=(150, 200)), generated, Manifest("generate", {}))
    face = publish_image(read_image(portrait), tmp_path / "seed.png", Manifest("generate", {}))
    assert read_manifest(swap(face, generated, consent=None).files[0]).consent == "generated"
    with pytest.raises(InputError, match=r"face\.png may show a real person"):
        swap(portrait, generated, consent=None, out=tmp_path / "b.png")


def test_of_several_faces_in_the_source_one_is_chosen(swap, portrait, two, tmp_path):
    names = ("largest", "right", "left")
    made = [
        read_image(swap(two, portrait, out=tmp_path / f"{n}.png", source_face=n).files[0])
        for n in names
    ]
    assert np.array_equal(made[0], made[1])
    with pytest.raises(InputError, match="`all` chooses 2 of 2 faces"):
        swap(two, portrait, source_face="all")


@pytest.mark.parametrize(
    ("faces", "where"),
    [("left", [0]), ("right", [1]), ("largest", [1]), ("2", [0]), ("all", [0, 1])],
)
def test_a_choice_says_which_face_is_covered(swap, portrait, two, faces, where):
    difference = changed(two, swap(portrait, two, faces=faces).files[0])
    halves = [difference[:, :100].any(), difference[:, 100:].any()]
    assert [n for n, half in enumerate(halves) if half] == where


def test_of_a_folder_the_reference_that_fits_best_is_used_and_named(swap, portrait, body, tmp_path):
    folder = tmp_path / "references"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(portrait.read_bytes())
    Pillow.new("RGB", (80, 80)).save(folder / "nobody.png")
    (folder / "notes.txt").write_text("no picture")
    swapped = swap(folder, body)
    assert set(read_manifest(swapped.files[0]).sources) == {
        "face/a.png",
        "face/b.png",
        "body/body.png",
    }


def test_a_folder_of_bodies_gets_one_face_and_lists_who_shows_none(swap, portrait, body, tmp_path):
    folder, out = tmp_path / "bodies", tmp_path / "out"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(body.read_bytes())
    Pillow.new("RGB", (80, 80)).save(folder / "nobody.png")
    swapped = swap(portrait, folder, out=out)
    assert swapped.files == [out / "a.png", out / "b.png"]
    assert [(one.source, one.reason) for one in swapped.refused] == [
        (str(folder / "nobody.png"), "no face was found")
    ]
    assert swapped.failed
    assert changed(body, out / "b.png").any()


def test_strength_0_changes_nothing(swap, portrait, body):
    assert not changed(body, swap(portrait, body, strength=0).files[0]).any()


def small(tmp_path, size):
    path = tmp_path / f"{size}.png"
    image = np.full((size, size, 3), (20, 60, 60), np.uint8)
    image[8 : size // 2, 8 : size // 2] = (255, 0, 0)
    Pillow.fromarray(image).save(path)
    return path


def test_faces_that_are_too_small_or_not_there_are_named(swap, portrait, body, tmp_path):
    with pytest.raises(InputError, match=r"40\.png: 40×40 pixels are too few"):
        swap(small(tmp_path, 40), body)
    with pytest.raises(InputError, match=r"80\.png: the face is only 31 pixels high"):
        swap(small(tmp_path, 80), body)
    Pillow.new("RGB", (90, 90)).save(tmp_path / "dark.png")
    with pytest.raises(InputError, match=r"dark\.png: no face was found"):
        swap(tmp_path / "dark.png", body)
    with pytest.raises(InputError, match=r"dark\.png: no face was found") as caught:
        swap(portrait, tmp_path / "dark.png")
    assert caught.value.hint
    with pytest.raises(InputError, match="`3` chooses no face"):
        swap(portrait, body, faces="3")
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("names", "options", "error"),
    [
        (["face"], {}, "takes FACE and BODY, not 1"),
        (["face", "body", "body"], {}, "holds one picture"),
        (["face", "body"], {"seed": 1}, "holds one picture"),
        (["face", "missing.png"], {}, "there is no missing.png"),
        (["missing.png", "body"], {}, "there is no missing.png"),
        (["body", "."], {}, "holds one picture"),
        (["face", "body"], {"out": None}, "nothing says where"),
        (["face", "body"], {"out": Path("x.mp4")}, "would be a clip"),
        (["face", "body"], {"out": Path("x.pdf")}, "no extension"),
        (["face", "body"], {"faces": "nobody"}, "--faces: `nobody` chooses no face"),
        (["face", "body"], {"faces": "like:none.jpg"}, "there is no none.jpg"),
        (["face", "body"], {"source_face": "0"}, "`0` chooses no face"),
        (["face", "body"], {"keep": "nose"}, "--keep knows no `nose`"),
        (["face", "body"], {"strength": 2}, "--strength is 0 to 1"),
        (["face", "body"], {"shape": -1}, "--shape is 0 to 1"),
    ],
)
def test_mistakes_are_told_before_anything_is_loaded(portrait, body, names, options, error):
    known = {"face": str(portrait), "body": str(body)}
    options = {"out": Path("out.png"), "consent": "self", **options}
    with pytest.raises(FacewrightError, match=error) as caught:
        swap_faces([known.get(name, name) for name in names], options=SwapOptions(**options))
    assert caught.value.hint


def test_sources_are_not_overwritten_and_results_only_on_demand(swap, portrait, body):
    with pytest.raises(InputError, match="the source itself"):
        swap(portrait, body, out=body)
    with pytest.raises(InputError, match="the source itself"):
        swap(portrait, body, out=body, overwrite=True)
    with pytest.raises(InputError, match="one of the sources"):
        swap(portrait, body, out=portrait, overwrite=True)


def test_a_clip_is_no_face_and_an_empty_folder_has_none(swap, body, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no pictures"):
        swap(tmp_path / "empty", body)
    (tmp_path / "x.mp4").write_bytes(b"clip")
    with pytest.raises(InputError, match="is no picture"):
        swap(tmp_path / "x.mp4", body)


def test_damaged_files_are_named(swap, portrait, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    with pytest.raises(InputError, match=r"broken\.png"):
        swap(portrait, tmp_path / "broken.png")
    with pytest.raises(FileError, match=r"broken\.png"):
        swap(tmp_path / "broken.png", portrait)
    assert not (tmp_path / "out.png").exists()


class Everywhere:
    """Takes every picture for one face."""

    def __init__(self, finder):
        self.finder = finder

    def find(self, images, **_options):
        place = self.finder._place
        return [[place(1, 1, i.shape[1] - 2, i.shape[0] - 2)] for i in images]


def test_a_seed_draws_the_face_on_the_fly(detector, swap, body, weights, tmp_path):
    everywhere = FindPipeline(finder=Everywhere(detector), device="cpu")
    swapped = swap(body, seed=42, weights=weights, out=tmp_path / "x.png", find=everywhere)
    manifest = read_manifest(swapped.files[0])
    assert manifest.seeds == (42,)
    assert manifest.models["tiny"] == file_sha256(Path(weights))
    assert (manifest.parameters["weights"], manifest.parameters["face"]) == ("tiny", None)
    assert json.dumps(dict(manifest.parameters))


@pytest.fixture
def cutout(paint, tmp_path):
    """A picture with one face, half of it transparent; what lies hidden is green."""
    image, alpha = paint(BOX, size=(150, 200)), np.full((150, 200), 255, np.uint8)
    alpha[:, 150:], alpha[:, 140:150] = 0, 100
    image[:, 150:] = (0, 255, 0)
    Pillow.fromarray(np.dstack([image, alpha])).save(tmp_path / "cutout.png")
    return tmp_path / "cutout.png"


def test_what_is_transparent_stays_so(swap, portrait, cutout, tmp_path):
    before = np.asarray(Pillow.open(cutout))
    for name in ("a.png", "a.webp"):
        after = np.asarray(
            Pillow.open(swap(portrait, cutout, out=tmp_path / name, quality=100).files[0])
        )
        assert np.array_equal(after[..., 3], before[..., 3])
        assert not (after[:, 150:, :3] == (0, 255, 0)).all(-1).any()
        assert (after[40:110, 60:120] != before[40:110, 60:120]).any()
        assert np.array_equal(after[:, 140:150], before[:, 140:150])
    name = "a.jpg"
    assert (
        read_image(swap(portrait, cutout, out=tmp_path / name, quality=100).files[0])[:, 160:] > 250
    ).all()
