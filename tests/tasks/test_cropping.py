"""Faces that are found can be cut out, each with the record of how."""

import json
from fractions import Fraction

import pytest
from PIL import Image as Pillow

from facewright.errors import InputError
from facewright.media.decode import read_image
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.tasks.finding import FindOptions, check_find, find_with
from facewright.types import Clip, Manifest

BOX, OTHER = (10, 15, 39, 54), (50, 5, 69, 24)


@pytest.fixture
def photos(paint, tmp_path):
    """Two faces in one picture, none in another."""
    (tmp_path / "photos" / "deep").mkdir(parents=True)
    Pillow.fromarray(paint(BOX, OTHER)).save(tmp_path / "photos" / "deep" / "two.jpg", quality=100)
    Pillow.fromarray(paint()).save(tmp_path / "photos" / "none.png")
    return tmp_path / "photos"


@pytest.fixture
def find(lookout, photos, tmp_path):
    """Find red blocks in the folder `photos`, and cut them out."""

    def run(**options):
        names = [str(photos)]
        chosen = FindOptions(**{"crops": tmp_path / "crops", "size": 32, **options})
        check_find(names, chosen)
        return find_with(lookout, names, chosen)

    return run


def relative(found, folder):
    return [path.relative_to(folder).as_posix() for path in found.files]


def test_each_face_becomes_a_picture_of_its_own(find, tmp_path):
    found = find(template="tight")
    assert relative(found, tmp_path) == ["crops/deep/two.1.png", "crops/deep/two.2.png"]
    for path in found.files:
        image = read_image(path)
        assert image.shape == (32, 32, 3)
        assert (image[16, 16] > (200, 0, 0)).any()
        assert image[16, 16, 0] > 200
    manifest = read_manifest(found.files[1])
    assert (manifest.task, list(manifest.sources)) == ("find", ["two.jpg"])
    searched = {"smallest": None, "threshold": 0.4}
    assert manifest.parameters == {"template": "tight", "size": 32, "number": 2, **searched}


def test_crops_come_beside_annotated_pictures(find, tmp_path):
    found = find(out=tmp_path / "found")
    assert relative(found, tmp_path) == [
        "found/none.png",
        "found/deep/two.jpg",
        "crops/deep/two.1.png",
        "crops/deep/two.2.png",
        "found/faces.jsonl",
    ]


def test_frames_of_a_clip_have_their_crops_in_one_folder(find, photos, paint, tmp_path):
    size = (96, 64)
    frames = (paint((10 + n, 8, 39 + n, 48), size=(64, 96)) for n in range(3))
    publish_clip(Clip(size, Fraction(25), frames), photos / "walk.mp4", Manifest("test", {}))
    find()
    names = sorted(path.name for path in (tmp_path / "crops" / "walk").iterdir())
    assert names == ["000000.1.png", "000001.1.png", "000002.1.png"]
    manifest = read_manifest(tmp_path / "crops" / "walk" / "000002.1.png")
    assert (manifest.parameters["frame"], list(manifest.sources)) == (2, ["walk.mp4"])


def test_crops_that_are_there_stay_unless_they_may_be_replaced(find):
    find()
    with pytest.raises(InputError, match="other options"):
        find(template="arcface")
    assert not find(template="arcface", overwrite=True).failed


def test_a_run_that_was_interrupted_goes_on(find, photos, paint, tmp_path):
    frames = (paint((10, 8 + n, 39, 48 + n), size=(64, 96)) for n in range(2))
    clip = Clip((96, 64), Fraction(25), frames)
    publish_clip(clip, photos / "walk.mp4", Manifest("test", {}))
    whole = find(out=tmp_path / "found")
    (tmp_path / "found" / "faces.jsonl").unlink()
    missing, *kept = whole.files[:-1]
    missing.unlink()
    before = {path: path.stat().st_mtime_ns for path in kept}
    again = find(out=tmp_path / "found")
    assert (again.failed, again.files) == (False, whole.files)
    assert missing.is_file()
    assert {path: path.stat().st_mtime_ns for path in kept} == before


def test_a_crop_of_another_picture_is_not_taken_for_what_was_done(find, photos, paint):
    find()
    Pillow.fromarray(paint(BOX)).save(photos / "deep" / "two.jpg", quality=100)
    again = find()
    assert "there already" in again.refused[0].reason


def test_the_record_says_which_file_shows_which_face(find, tmp_path):
    find(out=tmp_path / "found", points="five")
    lines = (tmp_path / "found" / "faces.jsonl").read_text().splitlines()
    none, two = map(json.loads, lines)
    assert none["written"] == str(tmp_path / "found" / "none.png")
    assert two["written"] == str(tmp_path / "found" / "deep" / "two.jpg")
    crops = [str(tmp_path / "crops" / "deep" / f"two.{number}.png") for number in (1, 2)]
    assert [face["crop"] for face in two["faces"]] == crops


def test_names_of_crops_cannot_be_taken_for_one_another(find, photos, paint, tmp_path):
    for name in ("x.jpg", "x.bmp", "x-1.jpg", "x.1.jpg"):
        Pillow.fromarray(paint(BOX, OTHER)).save(photos / name)
    names = relative(find(), tmp_path / "crops")
    assert len(set(names)) == len(names) == 10
    assert [name for name in names if name.startswith("x-1")] == ["x-1.1.png", "x-1.2.png"]
    assert [name for name in names if name.startswith("x.1.")] == [
        "x.1.1.png",
        "x.1.2.png",
        "x.1.png",
    ]


def test_results_inside_of_the_source_are_no_sources(find, photos):
    folders = {"out": photos / "found", "crops": photos / "crops"}
    assert find(**folders).faces == 2
    again = find(**folders, overwrite=True)
    assert (again.faces, len(again.pictures)) == (2, 2)


def test_crops_do_not_go_where_the_pictures_lie(find, photos):
    with pytest.raises(InputError, match="where"):
        find(crops=photos)
    assert find(crops=photos / "crops").faces == 2
    assert find(crops=photos / "crops", overwrite=True).faces == 2


def test_long_names_end_no_run(find, photos, paint, tmp_path):
    names = ["a" * 251 + ".jpg", "가" * 83 + ".jpg", "가" * 82 + "나.jpg", "aux.jpg", "zz.jpg"]
    for name in names:
        Pillow.fromarray(paint(BOX)).save(photos / name)
    found = find(out=tmp_path / "found")
    assert found.refused == []
    assert len(list((tmp_path / "crops").glob("*.png"))) == len(names)
    assert len(list((tmp_path / "found").glob("*.jpg"))) == len(names)
    before = {path.name for path in (tmp_path / "crops").iterdir()}
    assert find(out=tmp_path / "found", overwrite=True).refused == []
    assert {path.name for path in (tmp_path / "crops").iterdir()} == before


def test_crops_of_a_file_without_an_ending_keep_their_numbers(find, photos, paint, tmp_path):
    Pillow.fromarray(paint(BOX, OTHER)).save(photos / "photo", "JPEG")
    find()
    assert {path.name for path in (tmp_path / "crops").iterdir() if "photo" in path.name} == {
        "photo.1.png",
        "photo.2.png",
    }
