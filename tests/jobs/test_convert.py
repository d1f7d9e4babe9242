"""Faces are converted in pictures and folders, and the files say how."""

import base64
import json

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import FileError, InputError, WeightsError
from facewright.hub.bundle import file_sha256
from facewright.jobs.commands.photos.convert import ConvertOptions, convert_pictures
from facewright.jobs.commands.remake import remake_file
from facewright.media.decode import read_image
from facewright.pipelines.photos.enhance import EnhancePipeline
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Manifest

BOX = (60, 40, 119, 109)


@pytest.fixture
def photo(paint, tmp_path):
    """A picture with one face."""
    Pillow.fromarray(paint(BOX, size=(150, 200))).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.fixture
def folder(paint, tmp_path):
    """Two pictures with faces, one without, and one that is none."""
    path = tmp_path / "photos"
    (path / "deep").mkdir(parents=True)
    Pillow.fromarray(paint(BOX, size=(150, 200))).save(path / "a.png")
    Pillow.fromarray(paint(BOX, size=(150, 200))).save(path / "deep" / "b.jpg", quality=95)
    Pillow.fromarray(paint(size=(30, 40))).save(path / "empty.png")
    (path / "torn.png").write_bytes(b"no picture")
    return path


def changed(path, other):
    return (read_image(path) != read_image(other)).any(-1)


def test_a_face_changes_and_what_is_far_from_it_does_not(convert, photo, tmp_path):
    done = convert(photo)
    assert done.files == [tmp_path / "out.png"]
    assert [one.faces for one in done.pictures] == [1]
    difference = changed(photo, done.files[0])
    assert difference[40:110, 60:120].mean() > 0.9
    assert not difference[:, 160:].any()


def test_the_manifest_says_everything(convert, photo):
    manifest = read_manifest(convert(photo, way="reverse", strength=0.5).files[0])
    assert (manifest.task, manifest.consent) == ("convert", "self")
    assert manifest.sources == {"picture/photo.png": file_sha256(photo)}
    assert set(manifest.models) == {"tiny", "custom"}
    said = manifest.parameters
    assert (said["with"], said["picture"], said["strength"]) == ("tiny:reverse", "photo.png", 0.5)
    assert said["precision"] == "float32"
    assert not {"out", "overwrite", "consent", "with_"} & set(said)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp", ".jpg"])
def test_the_ending_decides_the_format(convert, photo, tmp_path, suffix):
    path = convert(photo, out=tmp_path / f"out{suffix}", quality=100).files[0]
    with Pillow.open(path) as picture:
        assert picture.format == {".jpg": "JPEG"}.get(suffix, suffix[1:].upper())
    assert read_manifest(path).task == "convert"


def test_the_way_back_is_another(convert, photo, tmp_path):
    there = convert(photo).files[0]
    back = convert(photo, way="reverse", out=tmp_path / "back.png").files[0]
    assert changed(there, back).any()


def test_without_a_face_all_of_a_picture_can_be_translated(convert, paint, tmp_path):
    Pillow.fromarray(paint(size=(30, 41))).save(tmp_path / "empty.png")
    with pytest.raises(InputError, match="no face was found") as caught:
        convert(tmp_path / "empty.png")
    assert "whole=True" in caught.value.hint
    done = convert(tmp_path / "empty.png", whole=True)
    assert read_image(done.files[0]).shape == (30, 41, 3)
    assert [one.faces for one in done.pictures] == [0]


def test_a_choice_of_faces_counts(convert, paint, tmp_path):
    boxes = [(10, 20, 69, 89), (190, 20, 260, 109)]
    Pillow.fromarray(paint(*boxes, size=(150, 300))).save(tmp_path / "two.png")
    assert convert(tmp_path / "two.png").pictures[0].faces == 2
    left = convert(tmp_path / "two.png", faces="left", out=tmp_path / "left.png")
    assert left.pictures[0].faces == 1
    assert not changed(tmp_path / "two.png", left.files[0])[:, 180:].any()
    with pytest.raises(InputError, match="`3` chooses no face"):
        convert(tmp_path / "two.png", faces="3", out=tmp_path / "3.png")


def test_a_strip_shows_each_strength(convert, photo, tmp_path):
    two = read_image(convert(photo, strip=True).files[0])
    three = read_image(convert(photo, steps=3, out=tmp_path / "three.png").files[0])
    assert two.shape[1] * 1.4 < three.shape[1] < two.shape[1] * 1.6


def test_a_page_holds_everything_and_its_pictures_say_how(convert, folder, tmp_path):
    page = tmp_path / "page.html"
    done = convert(folder, out=page, page=True, steps=3)
    assert (done.files, len(done.pictures), len(done.refused)) == ([page], 2, 2)
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 6
    assert 'src="http' not in text
    assert "a.png" in text
    picture = base64.b64decode(text.split("data:image/jpeg;base64,")[2].partition('"')[0])
    (tmp_path / "half.jpg").write_bytes(picture)
    assert read_manifest(tmp_path / "half.jpg").parameters["strength"] == pytest.approx(0.5)


def test_what_was_converted_is_enlarged_as_enhance_does_it(convert, photo, tmp_path):
    plain, large = convert(photo), convert(photo, scale=2, out=tmp_path / "large.png")
    expected = EnhancePipeline(device="cpu", dtype="float32")(plain.files[0], scale=2).image
    assert np.array_equal(read_image(large.files[0]), expected)
    manifest = read_manifest(large.files[0])
    assert "enhance-x2" in manifest.models
    assert manifest.parameters["scale"] == 2
    done = [large, *(convert(photo, scale=2, out=tmp_path / "folder") for _ in range(2))]
    assert {(one.width, one.height) for each in done for one in each.pictures} == {(400, 300)}
    strips = [convert(photo, strip=True, scale=n, out=tmp_path / f"{n}.png") for n in (1, 4)]
    one, four = (read_image(strip.files[0]).shape for strip in strips)
    assert four[1] / four[0] == pytest.approx(one[1] / one[0], abs=0.3)  # captions differ


def test_a_choice_of_scale_is_checked_first(convert, photo, tmp_path):
    with pytest.raises(InputError, match="scale is 1, 2 or 4, not 3"):
        convert(photo, scale=3, out=tmp_path / "three.png")


def test_enhancing_smooths_and_sharpens_what_was_translated(convert, photo, tmp_path):
    plain = convert(photo).files[0]
    clear = convert(photo, enhance=True, out=tmp_path / "clear.png").files[0]
    difference = changed(plain, clear)
    assert difference[50:100, 70:110].any()
    assert not difference[:, 160:].any()


def test_in_folders_the_rest_goes_on_and_a_second_run_has_little_to_do(convert, folder, tmp_path):
    out, told = tmp_path / "out", []
    done = convert(folder, out=out, progress=lambda *counts: told.append(counts))
    assert sorted(done.files) == [out / "a.png", out / "deep" / "b.jpg"]
    assert {refusal.source.rpartition("/")[2] for refusal in done.refused} == {
        "empty.png",
        "torn.png",
    }
    assert done.failed
    assert told[-1] == (4, 4)
    before = {path: path.stat().st_mtime_ns for path in done.files}
    again = convert(folder, out=out)
    assert {path: path.stat().st_mtime_ns for path in again.files} == before
    with pytest.raises(InputError, match="is where"):
        convert(folder, out=folder)


def test_without_consent_only_generated_people_are_shown(convert, photo, paint, tmp_path):
    with pytest.raises(InputError, match="may show a real person"):
        convert(photo, consent=None)
    drawn = publish_image(
        paint(BOX, size=(150, 200)), tmp_path / "drawn.png", Manifest("generate", {})
    )
    first = convert(drawn, consent=None).files[0]
    assert read_manifest(first).consent == "generated"
    again = convert(first, consent=None, out=tmp_path / "again.png").files[0]
    assert read_manifest(again).consent == "generated"


def test_a_change_may_go_further_than_the_translator(convert, photo, tmp_path):
    (once,) = convert(photo).files
    (twice,) = convert(photo, strength=2.0, out=tmp_path / "twice.png").files
    assert not np.array_equal(read_image(once), read_image(twice))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strength": 3}, "from 0 to 2"),
        ({"steps": 1}, "--steps is 2"),
        ({"steps": 3, "strip": True}, "--steps shows before already"),
        ({"page": True}, "is no page"),
        ({"faces": "nobody"}, "`nobody` chooses no face"),
        ({"quality": 0}, "--quality"),
        ({"out": "x.tif"}, "no extension"),
        ({"out": "x.json"}, "no picture and no clip"),
        ({"out": "x.mp4"}, "is a picture"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_loaded(convert, photo, options, words):
    if "out" in options:
        options = {"out": photo.parent / options["out"]}
    with pytest.raises(InputError, match=words):
        convert(photo, **options)


def test_nothing_is_overwritten_unasked(convert, photo):
    first = convert(photo).files[0]
    with pytest.raises(InputError, match="is there already"):
        convert(photo, strength=0.5)
    assert read_manifest(first).parameters["strength"] == 1.0
    assert read_manifest(convert(photo, strength=0.5, overwrite=True).files[0]).parameters[
        "strength"
    ] == pytest.approx(0.5)


def test_unknown_translators_and_directions_are_named(translators, weights, photo, tmp_path):
    def ask(with_):
        options = ConvertOptions(
            with_=with_, out=tmp_path / "x.png", consent="self", device="cpu", whole=True
        )
        return convert_pictures([str(photo)], options=options)

    with pytest.raises(InputError, match="no direction called `sideways`") as caught:
        ask(f"{translators}:sideways")
    assert "tiny:reverse" in caught.value.hint
    with pytest.raises(WeightsError, match="not a translator"):
        ask(weights)
    with pytest.raises(InputError, match="no translator is called `nothing`") as caught:
        ask("nothing")
    assert caught.value.hint == "one of: ageing, wear; or a file of `facewright train translator`"
    assert not (tmp_path / "x.png").exists()


def test_the_outcome_is_plain_data(convert, photo):
    from facewright.cli.outcome import print_json

    done = convert(photo)
    assert print_json(done) == 0
    assert json.dumps([str(path) for path in done.files])


def test_pixels_of_equal_runs_are_equal(convert, photo, tmp_path):
    one = convert(photo, out=tmp_path / "1.png").files[0]
    two = convert(photo, out=tmp_path / "2.png").files[0]
    assert digest_unsigned(one) == digest_unsigned(two)
    assert np.array_equal(read_image(one), read_image(two))


def test_a_file_is_made_again(translators, photo, tmp_path):
    out = tmp_path / "whole.png"
    options = ConvertOptions(
        with_=f"{translators}:reverse", out=out, consent="self", device="cpu", whole=True
    )
    convert_pictures([str(photo)], options=options)
    with pytest.raises(WeightsError, match="are not known"):
        remake_file(out)
    remade = remake_file(out, weights=translators)
    assert remade.likeness == "bytes"
    photo.unlink()
    with pytest.raises(FileError, match="is missing"):
        remake_file(out, weights=translators, out=tmp_path / "x.png")


@pytest.fixture
def cutout(paint, tmp_path):
    """A picture with one face, half of it transparent; what lies hidden is green."""
    image, alpha = paint(BOX, size=(150, 200)), np.full((150, 200), 255, np.uint8)
    alpha[:, 150:], alpha[:, 140:150] = 0, 100
    image[:, 150:] = (0, 255, 0)
    Pillow.fromarray(np.dstack([image, alpha])).save(tmp_path / "cutout.png")
    return tmp_path / "cutout.png"


def test_what_is_transparent_stays_so(convert, cutout, tmp_path):
    before = np.asarray(Pillow.open(cutout))
    for name in ("a.png", "a.webp"):
        after = np.asarray(Pillow.open(convert(cutout, out=tmp_path / name, quality=100).files[0]))
        assert np.array_equal(after[..., 3], before[..., 3])
        assert not (after[:, 150:, :3] == (0, 255, 0)).all(-1).any()
        assert (after[40:110, 60:120] != before[40:110, 60:120]).any()
        assert np.array_equal(after[:, 140:150], before[:, 140:150])
    name = "a.jpg"
    assert (
        read_image(convert(cutout, out=tmp_path / name, quality=100).files[0])[:, 160:] > 250
    ).all()
