"""Faces that are found can be cut out, each with the record of how."""

import json
from fractions import Fraction

import pytest
from PIL import Image as Pillow

from facewright.errors import InputError
from facewright.jobs.commands.photos.find import Find, FindOptions
from facewright.jobs.run import run
from facewright.media.decode import read_image
from facewright.provenance.publish import publish_clip, read_manifest
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
def search(find, photos, tmp_path):
    """Find red blocks in the folder `photos`, and cut them out."""

    def run_it(**options):
        chosen = FindOptions(**{"crops": tmp_path / "crops", "size": 32, **options})
        return run(Find(chosen, find=find), [str(photos)])

    return run_it


def count(found):
    """Return how many faces there are in pictures."""
    return sum(len(picture.faces) for picture in found.pictures)


def relative(found, folder):
    return [path.relative_to(folder).as_posix() for path in found.files]


def test_each_face_becomes_a_picture_of_its_own(search, tmp_path):
    found = search(template="tight")
    assert relative(found, tmp_path) == ["crops/deep/two.1.png", "crops/deep/two.2.png"]
    for path in found.files:
        image = read_image(path)
        assert image.shape == (32, 32, 3)
        assert (image[16, 16] > (200, 0, 0)).any()
        assert image[16, 16, 0] > 200
    manifest = read_manifest(found.files[1])
    assert (manifest.task, list(manifest.sources)) == ("find", ["picture/two.jpg"])
    searched = {"smallest": None, "threshold": 0.4, "picture": "two.jpg"}
    assert manifest.parameters == {"template": "tight", "size": 32, "number": 2, **searched}


def test_crops_come_beside_annotated_pictures(search, tmp_path):
    found = search(out=tmp_path / "found")
    assert relative(found, tmp_path) == [
        "found/none.png",
        "found/deep/two.jpg",
        "crops/deep/two.1.png",
        "crops/deep/two.2.png",
        "found/faces.jsonl",
    ]


def test_frames_of_a_clip_have_their_crops_in_one_folder(search, photos, paint, tmp_path):
    size = (96, 64)
    frames = (paint((10 + n, 8, 39 + n, 48), size=(64, 96)) for n in range(3))
    publish_clip(Clip(size, Fraction(25), frames), photos / "walk.mp4", Manifest("test", {}))
    search()
    names = sorted(path.name for path in (tmp_path / "crops" / "walk").iterdir())
    assert names == ["000000.1.png", "000001.1.png", "000002.1.png"]
    manifest = read_manifest(tmp_path / "crops" / "walk" / "000002.1.png")
    assert (manifest.parameters["frame"], list(manifest.sources)) == (2, ["picture/walk.mp4"])


def test_crops_that_are_there_stay_unless_they_may_be_replaced(search):
    search()
    with pytest.raises(InputError, match="other options"):
        search(template="arcface")
    assert not search(template="arcface", overwrite=True).failed


def test_a_run_that_was_interrupted_goes_on(search, photos, paint, tmp_path):
    frames = (paint((10, 8 + n, 39, 48 + n), size=(64, 96)) for n in range(2))
    clip = Clip((96, 64), Fraction(25), frames)
    publish_clip(clip, photos / "walk.mp4", Manifest("test", {}))
    whole = search(out=tmp_path / "found")
    (tmp_path / "found" / "faces.jsonl").unlink()
    missing, *kept = whole.files[:-1]
    missing.unlink()
    before = {path: path.stat().st_mtime_ns for path in kept}
    again = search(out=tmp_path / "found")
    assert (again.failed, again.files) == (False, whole.files)
    assert missing.is_file()
    assert {path: path.stat().st_mtime_ns for path in kept} == before


def test_a_crop_of_another_picture_is_not_taken_for_what_was_done(search, photos, paint):
    search()
    Pillow.fromarray(paint(BOX)).save(photos / "deep" / "two.jpg", quality=100)
    again = search()
    assert "there already" in again.refused[0].reason


def test_the_record_says_which_file_shows_which_face(search, tmp_path):
    search(out=tmp_path / "found", points="five")
    lines = (tmp_path / "found" / "faces.jsonl").read_text().splitlines()
    none, two = map(json.loads, lines)
    assert none["written"] == str(tmp_path / "found" / "none.png")
    assert two["written"] == str(tmp_path / "found" / "deep" / "two.jpg")
    crops = [str(tmp_path / "crops" / "deep" / f"two.{number}.png") for number in (1, 2)]
    assert [face["crop"] for face in two["faces"]] == crops


def test_names_of_crops_cannot_be_taken_for_one_another(search, photos, paint, tmp_path):
    for name in ("x.jpg", "x.bmp", "x-1.jpg", "x.1.jpg"):
        Pillow.fromarray(paint(BOX, OTHER)).save(photos / name)
    names = relative(search(), tmp_path / "crops")
    assert len(set(names)) == len(names) == 10
    assert [name for name in names if name.startswith("x-1")] == ["x-1.1.png", "x-1.2.png"]
    assert [name for name in names if name.startswith("x.1.")] == [
        "x.1.1.png",
        "x.1.2.png",
        "x.1.png",
    ]


def test_results_inside_of_the_source_are_no_sources(search, photos):
    folders = {"out": photos / "found", "crops": photos / "crops"}
    assert count(search(**folders)) == 2
    again = search(**folders, overwrite=True)
    assert (count(again), len(again.pictures)) == (2, 2)


def test_crops_do_not_go_where_the_pictures_lie(search, photos):
    with pytest.raises(InputError, match="where"):
        search(crops=photos)
    assert count(search(crops=photos / "crops")) == 2
    assert count(search(crops=photos / "crops", overwrite=True)) == 2


def test_long_names_end_no_run(search, photos, paint, tmp_path):
    names = ["a" * 251 + ".jpg", "가" * 83 + ".jpg", "가" * 82 + "나.jpg", "aux.jpg", "zz.jpg"]
    for name in names:
        Pillow.fromarray(paint(BOX)).save(photos / name)
    found = search(out=tmp_path / "found")
    assert found.refused == []
    assert len(list((tmp_path / "crops").glob("*.png"))) == len(names)
    assert len(list((tmp_path / "found").glob("*.jpg"))) == len(names)
    before = {path.name for path in (tmp_path / "crops").iterdir()}
    assert search(out=tmp_path / "found", overwrite=True).refused == []
    assert {path.name for path in (tmp_path / "crops").iterdir()} == before


def test_crops_of_a_file_without_an_ending_keep_their_numbers(search, photos, paint, tmp_path):
    Pillow.fromarray(paint(BOX, OTHER)).save(photos / "photo", "JPEG")
    search()
    assert {path.name for path in (tmp_path / "crops").iterdir() if "photo" in path.name} == {
        "photo.1.png",
        "photo.2.png",
    }
