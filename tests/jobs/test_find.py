"""From pictures to boxes, points and angles; whatever the files are like."""

import json
import os
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.cli.outcome import PRINTERS, print_json
from facewright.errors import FileError, InputError
from facewright.jobs.commands.photos.find import Find, FindOptions
from facewright.jobs.run import run
from facewright.media.decode import read_image
from facewright.provenance.publish import read_manifest

BOX = (10, 15, 39, 54)


@pytest.fixture
def photos(paint, tmp_path):
    """A folder with two pictures: one with two blocks, and below, one with none."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    Pillow.fromarray(paint((50, 5, 69, 24), BOX)).save(folder / "two.png")
    Pillow.fromarray(paint()).save(folder / "more" / "none.png")
    return folder


@pytest.fixture
def search(find):
    """Find red blocks in some sources."""

    def run_it(*sources, progress=None, **options):
        named = [str(source) for source in sources]
        return run(Find(FindOptions(**options), progress, find), named)

    return run_it


def count(found):
    """Return how many faces there are in pictures."""
    return sum(len(picture.faces) for picture in found.pictures)


def encode(image, kind, **options):
    file = BytesIO()
    Pillow.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def reasons(found):
    return {one.source.rsplit("/", 1)[-1]: one.reason for one in found.refused}


def test_faces_are_counted_and_told_largest_first(search, photos):
    found = search(photos)
    assert (count(found), found.failed, found.files) == (2, False, [])
    two, none = found.pictures
    assert (none.name, len(none.faces)) == (f"{photos}/more/none.png", 0)
    assert (two.width, two.height) == (80, 60)
    largest = two.faces[0]
    assert (largest.number, largest.score, largest.box.tolist()) == (1, 0.9, list(BOX))
    assert largest.points.shape == (478, 3)
    assert [largest.yaw, largest.pitch, largest.roll] == pytest.approx([0, 0, 0], abs=0.01)


def test_a_folder_gets_pictures_at_the_same_paths_and_a_line_for_each(search, photos, tmp_path):
    found = search(photos, out=tmp_path / "found")
    places = [path.relative_to(tmp_path / "found").as_posix() for path in found.files]
    assert places == ["two.png", "more/none.png", "faces.jsonl"]
    before, drawn = (read_image(folder / "two.png") for folder in (photos, tmp_path / "found"))
    assert drawn.shape == before.shape
    assert (drawn != before).any()
    untouched = read_image(tmp_path / "found" / "more" / "none.png")
    assert np.array_equal(untouched, read_image(photos / "more" / "none.png"))
    lines = (tmp_path / "found" / "faces.jsonl").read_text().splitlines()
    two, none = map(json.loads, lines)
    assert none["faces"] == []
    assert [face["box"] for face in two["faces"]] == [list(BOX), [50, 5, 69, 24]]
    assert np.array(two["faces"][0]["points"]).shape == (478, 3)


def test_an_annotated_picture_says_how_it_came_about(search, photos, tmp_path):
    search(photos / "two.png", out=tmp_path / "x.jpg", draw="mesh", smallest=5)
    manifest = read_manifest(tmp_path / "x.jpg")
    assert (manifest.task, manifest.models) == ("find", {"custom": ""})
    assert list(manifest.sources) == ["picture/two.png"]
    assert manifest.parameters["draw"] == "mesh"
    assert "photos" not in str(manifest)


@pytest.mark.parametrize("draw", ["boxes", "points", "mesh"])
def test_what_is_drawn_can_be_chosen(search, photos, tmp_path, draw):
    search(photos / "two.png", out=tmp_path / "x.png", draw=draw)
    drawn = read_image(tmp_path / "x.png")
    inside = drawn[20:50, 15:35]
    assert (inside == (255, 0, 0)).all() == (draw == "boxes")


def test_nothing_is_drawn_if_only_numbers_are_wanted(search, photos, tmp_path):
    found = search(photos, out=tmp_path / "found", draw="none", points="five")
    assert [path.name for path in found.files] == ["faces.jsonl"]
    assert [path.name for path in (tmp_path / "found").iterdir()] == ["faces.jsonl"]
    found = search(photos, out=tmp_path / "faces.json", points="five")
    two, _ = json.loads((tmp_path / "faces.json").read_text())
    left, right, *_ = two["faces"][0]["points"]
    assert left[0] < right[0]
    assert len(two["faces"][0]["points"]) == 5
    assert found.files == [tmp_path / "faces.json"]


def test_no_source_with_a_picture_is_an_empty_answer(search, tmp_path):
    (tmp_path / "empty").mkdir()
    for name, text in (("x.json", "[\n]\n"), ("x.jsonl", "")):
        assert count(search(tmp_path / "empty", out=tmp_path / name)) == 0
        assert (tmp_path / name).read_text() == text


def test_options_reach_the_finder(search, photos, detector):
    found = search(photos, smallest=25, threshold=0.25)
    assert count(found) == 1
    assert detector.asked == [(2, 25, 0.15)]  # what is nearly a face is named
    assert len(search(photos, limit=1).pictures) == 1


def test_where_there_may_be_a_face_is_said(search, photos, tmp_path, capsys):
    found = search(photos, threshold=0.95, out=tmp_path / "faces.jsonl")
    assert count(found) == 0
    assert "score 0.9" in found.pictures[0].doubtful
    assert found.pictures[1].doubtful is None
    assert PRINTERS["outcome"](found) == 0
    assert "two.png: there may be a face" in capsys.readouterr().out
    lines = [json.loads(line) for line in (tmp_path / "faces.jsonl").read_text().split("\n")[:2]]
    assert lines[0]["doubtful"].endswith("takes it")


def test_coordinates_are_those_of_the_upright_picture(search, paint, tmp_path):
    upright = paint(BOX)
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    Pillow.fromarray(np.rot90(upright)).save(tmp_path / "x.jpg", exif=exif, quality=100)
    found = search(tmp_path / "x.jpg", out=tmp_path / "y.png")
    assert (found.pictures[0].width, found.pictures[0].height) == (80, 60)
    assert found.pictures[0].faces[0].box == pytest.approx(BOX, abs=1)
    assert read_image(tmp_path / "y.png").shape == upright.shape


def test_bad_files_are_named_and_the_rest_goes_on(search, paint, photos, tmp_path):
    image = paint(BOX)
    grey16 = Pillow.fromarray(np.full((60, 80), 40_000, np.uint16))
    grey16.save(photos / "grey16.png")
    Pillow.fromarray(image).convert("CMYK").save(photos / "cmyk.jpg", quality=100)
    frames = [Pillow.fromarray(part) for part in (image, paint())]
    frames[0].save(photos / "animated.gif", save_all=True, append_images=frames[1:], duration=100)
    (photos / "mislabelled.png").write_bytes(encode(image, "JPEG", quality=100, subsampling=0))
    (photos / "empty.png").write_bytes(b"")
    (photos / "short.png").write_bytes(encode(image, "PNG")[:150])
    (photos / "text.jpg").write_bytes(b"no picture, but long enough to look at")
    (photos / "clip.mp4").write_bytes(b"no clip either")
    (photos / "notes.txt").write_text("left alone")
    huge = bytearray(encode(paint(size=(9, 9)), "BMP"))
    huge[18:26] = (50_000).to_bytes(4, "little") * 2
    (photos / "huge.bmp").write_bytes(huge)
    (photos / "loop").symlink_to(photos)
    (photos / "dead.png").symlink_to(photos / "nowhere.png")
    (photos / "link.png").symlink_to(photos / "two.png")
    os.mkfifo(photos / "pipe.png")
    found = search(photos, out=tmp_path / "found")
    assert found.failed
    told = reasons(found)
    assert set(told) == {
        *("empty.png", "short.png", "text.jpg", "clip.mp4", "huge.bmp", "loop", "dead.png"),
        "pipe.png",
    }
    assert told["empty.png"] == "is empty"
    assert "too large" in told["huge.bmp"]
    assert "nothing" in told["dead.png"]
    counts = {one.name.rsplit("/", 1)[-1]: len(one.faces) for one in found.pictures}
    assert counts == {
        "cmyk.jpg": 1,
        "mislabelled.png": 1,
        "grey16.png": 0,
        "link.png": 2,
        "two.png": 2,
        "none.png": 0,
    }
    assert [(clip.frames, clip.frames_with_faces) for clip in found.clips] == [(2, 1)]
    assert (tmp_path / "found" / "animated.gif").is_file()
    assert not search(photos, lenient=True).failed


def test_names_that_are_no_text_are_written_down_all_the_same(search, photos, tmp_path, capsys):
    for name in (b"face-\xff.png", b"broken-\xff.png"):
        data = (photos / "two.png").read_bytes()[: 99 if b"broken" in name else None]
        Path(os.fsdecode(os.fsencode(photos) + b"/" + name)).write_bytes(data)
    found = search(photos, out=tmp_path / "found")
    assert (tmp_path / "found" / "face-?.png").is_file()
    assert list(reasons(found)) == ["broken-?.png"]
    assert [print_json(found), PRINTERS["outcome"](found)] == [1, 1]
    assert "face-?.png" in capsys.readouterr().out
    assert "face-?.png" in (tmp_path / "found" / "faces.jsonl").read_text(encoding="utf-8")


def test_archives_are_read_without_being_unpacked(search, paint, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/x.png", encode(paint(BOX), "PNG"))
        archive.writestr("../evil.png", encode(paint(BOX), "PNG"))
        archive.writestr("in/clip.mp4", b"a clip")
        archive.writestr("in/broken.png", b"")
    found = search(tmp_path / "a.zip", out=tmp_path / "found")
    assert [one.name for one in found.pictures] == [f"{tmp_path}/a.zip!in/x.png"]
    assert (tmp_path / "found" / "in" / "x.png").is_file()
    assert set(reasons(found)) == {"evil.png", "clip.mp4", "broken.png"}
    assert not (tmp_path / "evil.png").exists()


def test_equal_names_of_several_sources_do_not_meet(search, paint, photos, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        Pillow.fromarray(paint(BOX)).save(tmp_path / name / "x.png")
        Pillow.fromarray(paint(BOX)).save(tmp_path / name / "X.bmp")
    files = [tmp_path / "one" / "x.png", tmp_path / "two" / "x.png", tmp_path / "one" / "X.bmp"]
    found = search(*files, photos, out=tmp_path / "found")
    places = {path.relative_to(tmp_path / "found").as_posix() for path in found.files}
    assert places == {
        *("x.png", "x-2.png", "X.bmp", "photos/two.png", "photos/more/none.png"),
        "faces.jsonl",
    }
    assert len(found.refused) == 0


def test_points_that_went_to_a_file_are_not_kept(search, photos, tmp_path):
    kept = search(photos).pictures[0].faces[0]
    dropped = search(photos, out=tmp_path / "x.jsonl").pictures[0].faces[0]
    assert (len(kept.points), len(dropped.points)) == (478, 0)
    assert dropped.box.tolist() == kept.box.tolist()


def test_what_is_there_stays_unless_it_may_be_replaced(search, photos, tmp_path):
    out = tmp_path / "found"
    search(photos, out=out)
    with pytest.raises(InputError, match="there already"):
        search(photos, out=out)
    (out / "faces.jsonl").unlink()
    before = (out / "two.png").read_bytes()
    found = search(photos, out=out, draw="mesh")
    assert found.failed
    assert "there already" in reasons(found)["two.png"]
    assert (out / "two.png").read_bytes() == before
    assert not search(photos, out=out, draw="mesh", overwrite=True).failed
    assert (out / "two.png").read_bytes() != before


def test_results_inside_a_source_are_no_sources(search, photos):
    assert count(search(photos, out=photos / "found")) == 2
    assert count(search(photos, out=photos / "found", overwrite=True)) == 2


def test_originals_are_never_replaced(search, photos, tmp_path):
    before = (photos / "two.png").read_bytes()
    for source, out in (
        (photos, photos),
        (photos / "two.png", photos),
        (photos / "two.png", photos / "two.png"),
    ):
        with pytest.raises(InputError):
            search(source, out=out, overwrite=True)
    with pytest.raises(InputError):
        search(photos, tmp_path / "photos" / "two.png", out=tmp_path, overwrite=True)
    assert (photos / "two.png").read_bytes() == before
    assert not (photos / "faces.jsonl").exists()


@pytest.mark.parametrize(
    ("sources", "options", "error"),
    [
        ([], {}, "no source"),
        (["missing.png"], {}, "there is no"),
        (["https://example.org/x.png"], {}, "an address"),
        (["photos"], {"out": "x.png"}, "one picture"),
        (["photos/two.png"], {"out": "x.mp4"}, "is a picture"),
        (["photos/two.png"], {"out": "x.tiff"}, "extension"),
        (["photos/two.png"], {"out": "x.png", "draw": "none"}, "nothing is drawn"),
        (["photos/two.png"], {"out": "photos/two.png/x"}, "cannot be written"),
        (["photos"], {"threshold": 2}, "--threshold"),
        (["photos"], {"limit": 0}, "--limit"),
        (["photos"], {"largest_mib": 0}, "--largest-mib"),
    ],
)
def test_what_makes_no_sense_is_refused(search, photos, monkeypatch, sources, options, error):
    monkeypatch.chdir(photos.parent)
    if "out" in options:
        options = options | {"out": photos.parent / options["out"]}
    with pytest.raises((InputError, FileError), match=error):
        search(*sources, **options)
