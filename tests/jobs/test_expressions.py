"""From pictures and clips to bars, records and timelines; red blocks are taken for faces."""

import csv
import json
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.expressions.conftest import TINY, build
from tests.jobs.watcher import Watcher

from facewright.cli.outcome import PRINTERS, print_json
from facewright.errors import FileError, InputError
from facewright.expressions.classifier import EXPRESSIONS, KIND, pack_classifier
from facewright.faces.detection.blocks import fold_norms
from facewright.hub.bundle import save_bundle
from facewright.jobs.commands.photos.expressions import ExpressionOptions, Expressions
from facewright.jobs.restore import Places, restore_call
from facewright.jobs.run import check_run, run
from facewright.media.decode import read_image
from facewright.media.video import read_clip
from facewright.provenance.credentials import digest_unsigned
from facewright.provenance.publish import publish_clip, read_manifest
from facewright.types import Card, Clip, Manifest


@pytest.fixture(scope="session")
def namer(tmp_path_factory):
    """The file of a tiny classifier."""
    path = tmp_path_factory.mktemp("weights") / "namer.safetensors"
    save_bundle(path, pack_classifier(fold_norms(build(TINY).eval()), Card("namer", KIND)))
    return str(path)


@pytest.fixture
def read(find, namer, tmp_path, monkeypatch):
    """Read red blocks in some sources."""
    monkeypatch.chdir(tmp_path)

    def run_it(*sources, viewer=None, **options):
        named = [str(source) for source in sources]
        chosen = ExpressionOptions(weights=namer, **options)
        return run(Expressions(chosen, find=find), named, viewer)

    return run_it


@pytest.fixture
def photos(paint, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Pillow.fromarray(paint((120, 20, 169, 79), (10, 15, 59, 74), size=(200, 400))).save(
        folder / "two.png"
    )
    Pillow.fromarray(paint(size=(200, 400))).save(folder / "none.png")
    return folder


@pytest.fixture
def clip(paint, tmp_path):
    """A clip whose block is gone in its middle."""
    frames = (
        paint(*([] if 12 <= n < 24 else [(20 + n, 20, 69 + n, 79)]), size=(120, 320))
        for n in range(36)
    )
    made = Clip((320, 120), Fraction(30), frames)
    return publish_clip(made, tmp_path / "talk.mp4", Manifest("test", {}))


def test_what_was_read_is_found_again_by_its_manifest(read, photos, clip, find, namer, tmp_path):
    shutil.copy(photos / "two.png", tmp_path / "two.png")
    read(tmp_path / "two.png", out=Path("a.png"), calibrate="two.png", smallest=12)
    read(clip, out=Path("a.mp4"), smoothing=0.1, limit=9)
    for name, source in (("a.png", "two.png"), ("a.mp4", "talk.mp4")):
        manifest = read_manifest(tmp_path / name)
        assert "/" not in str(manifest.parameters)
        places = Places(folders=(tmp_path,), weights=namer)
        out = tmp_path / f"again-{name}"
        call = restore_call(manifest, out, places, device=None, overwrite=False)
        assert call.inputs == ([str(tmp_path / source)],)
        run(Expressions(call.options, find=find), *call.inputs)
        assert digest_unsigned(tmp_path / f"again-{name}") == digest_unsigned(tmp_path / name)


def test_each_face_gets_seven_probabilities(read, photos):
    outcome = read(photos)
    none, two = outcome.pictures
    assert (none.faces, len(two.faces), outcome.files) == ((), 2, [])
    face = two.faces[0]
    assert tuple(face.probabilities) == EXPRESSIONS
    assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-3)
    assert face.probabilities[face.expression] == max(face.probabilities.values())


def test_a_folder_gets_pictures_with_bars_records_and_a_table(read, photos, tmp_path):
    outcome = read(photos, out=tmp_path / "out")
    assert sorted(path.name for path in outcome.files) == [
        "expressions.csv",
        "expressions.jsonl",
        "none.png",
        "two.png",
    ]
    before, after = (read_image(folder / "two.png") for folder in (photos, tmp_path / "out"))
    assert (before != after[:, :400]).any()
    manifest = read_manifest(tmp_path / "out" / "two.png")
    assert (manifest.task, sorted(manifest.models)) == ("expressions", ["custom", "namer"])
    lines = (tmp_path / "out" / "expressions.jsonl").read_text().splitlines()
    assert [len(json.loads(line)["faces"]) for line in lines] == [0, 2]
    with (tmp_path / "out" / "expressions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["number"] for row in rows] == ["", "1", "2"]
    assert rows[0]["expression"] == "no face"
    assert float(rows[1]["happy"]) <= 1


def test_a_picture_without_a_face_says_so(read, photos, tmp_path):
    read(photos / "none.png", out=tmp_path / "none.png")
    before, after = read_image(photos / "none.png"), read_image(tmp_path / "none.png")
    rows, columns = np.nonzero((before != after).any(axis=2))
    assert rows.max() < 50
    assert columns.max() < 200


def test_a_clip_gets_bars_a_timeline_and_a_table(read, clip, tmp_path):
    out, table = tmp_path / "out.mp4", tmp_path / "out.csv"
    outcome = read(clip, out=out, record=table)
    (told,) = outcome.clips
    assert (told.frames, told.frames_with_faces, told.people, outcome.finished) == (36, 24, 1, True)
    assert sum(told.shares.values()) == pytest.approx(1, abs=2e-3)
    assert [path.name for path in outcome.files] == ["out.mp4", "out-timeline.png", "out.csv"]
    assert len(list(read_clip(out).frames)) == 36
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows] == [str(n) for n in range(36)]
    assert [row["expression"] == "no face" for row in rows] == [12 <= n < 24 for n in range(36)]
    assert float(rows[30]["seconds"]) == pytest.approx(1.0)


def test_a_gif_that_moves_is_read_frame_by_frame(read, paint, tmp_path):
    frames = (paint((20 + n, 20, 69 + n, 79), size=(120, 320)) for n in range(4))
    clip = Clip((320, 120), Fraction(10), frames)
    folder = tmp_path / "clips"
    publish_clip(clip, folder / "wave.gif", Manifest("test", {}))
    outcome = read(folder, out=tmp_path / "out")
    assert (outcome.pictures, outcome.clips[0].frames) == ([], 4)
    names = {path.name for path in outcome.files}
    assert {"wave.gif", "wave-timeline.png"} < names
    assert read(folder / "wave.gif", out=tmp_path / "one.mp4").clips[0].frames == 4


def test_records_alone_need_no_pictures(read, clip, photos, tmp_path):
    outcome = read(clip, photos, out=tmp_path / "all.json")
    assert [path.name for path in outcome.files] == ["all.json"]
    assert len(json.loads((tmp_path / "all.json").read_text())) == 38
    read(photos, out=tmp_path / "all.csv")
    assert (tmp_path / "all.csv").read_text().startswith("name,frame")


def test_a_limit_ends_clips_early(read, clip):
    assert read(clip, limit=5).clips[0].frames == 5


def test_a_neutral_face_calibrates(read, photos, clip, tmp_path):
    plain = read(photos / "two.png").pictures[0].faces[0]
    mine = read(photos / "two.png", calibrate=str(photos / "two.png"), out=tmp_path / "x.png")
    assert mine.pictures[0].faces[0].expression == "neutral"
    assert mine.pictures[0].faces[0].probabilities != plain.probabilities
    manifest = read_manifest(tmp_path / "x.png")
    assert manifest.parameters["calibrate"] == "two.png"
    assert "calibrate/two.png" in manifest.sources
    assert read(clip, calibrate="0.2").clips[0].shares["neutral"] > 0.3
    assert "clips and cameras" in read(photos / "two.png", calibrate="3").refused[0].reason
    assert "`calibrate` takes 30" in read(clip, calibrate="30").refused[0].reason
    with pytest.raises(InputError, match="no face was found to calibrate"):
        read(photos / "two.png", calibrate=str(photos / "none.png"))


def test_a_camera_is_read_shown_and_kept(read, clip):
    watcher = Watcher(6, lambda live, view: view.number == 2 and live.take_snapshot())
    watched = read(f"camera:{clip}", viewer=watcher.open, show=True)
    assert watched.frames == 6  # some of them may be those without a face: the clip runs on
    assert [path.as_posix() for path in watched.files] == ["live/snapshot-0001.png"]
    assert read_manifest(watched.files[0]).task == "expressions"


def test_files_that_cannot_be_read_are_refused_and_the_rest_goes_on(read, photos):
    (photos / "broken.png").write_bytes(b"\x89PNG nothing")
    outcome = read(photos)
    assert (len(outcome.pictures), len(outcome.refused), outcome.failed) == (2, 1, True)
    assert not read(photos, lenient=True).failed


def test_what_is_written_stays_until_it_may_be_replaced(read, photos, clip, tmp_path):
    read(photos, out=tmp_path / "out")
    with pytest.raises(InputError, match="is there already"):
        read(photos, out=tmp_path / "out")
    read(photos, out=tmp_path / "out", overwrite=True)
    read(clip, out=tmp_path / "out.mp4")
    (tmp_path / "out.mp4").unlink()
    with pytest.raises(InputError, match=r"out-timeline\.png is there already"):
        read(clip, out=tmp_path / "out.mp4")
    (tmp_path / "more" / f"{clip.stem}-timeline.png").parent.mkdir()
    (tmp_path / "more" / f"{clip.stem}-timeline.png").write_bytes(b"mine")
    refused = read(clip, photos, out=tmp_path / "more").refused
    assert "timeline.png is there already" in refused[0].reason


@pytest.mark.parametrize(
    ("sources", "options", "message"),
    [
        (["camera:0", "x.png"], {}, "a camera is taken alone"),
        (["camera:0"], {}, "nothing says where"),
        (["camera:0"], {"show": True, "out": "x.png"}, "is a file"),
        (["camera:0"], {"show": True, "record": "x.csv"}, "`record` needs a clip"),
        (["."], {"show": True}, "--show is for cameras"),
        (["."], {"record": "x.txt"}, "is none of"),
        (["."], {"calibrate": "0"}, "calibrate takes"),
        (["."], {"smoothing": -1.0}, "--smoothing"),
        (["."], {"out": "x.png"}, "one picture or clip"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(sources, options, message, tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    paths = {k: Path(v) if k in ("out", "record") else v for k, v in options.items()}
    with pytest.raises(InputError, match=message):
        check_run(Expressions(ExpressionOptions(**paths)), sources)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileError, match=r"there is no .*x\.png"):
        check_run(Expressions(ExpressionOptions()), [str(tmp_path / "x.png")])
    with pytest.raises(FileError, match=r"there is no me\.jpg"):
        check_run(Expressions(ExpressionOptions(calibrate="me.jpg")), [str(tmp_path)])


def test_people_and_scripts_can_read_the_outcome(read, photos, clip, capsys):
    outcome = read(photos, clip)
    assert PRINTERS["outcome"](outcome) == 0
    said = capsys.readouterr().out
    assert "none.png: no face" in said
    assert "1 tracked face in 24 of 36 frames" in said
    assert print_json(outcome) == 0
    assert json.loads(capsys.readouterr().out)["clips"][0]["people"] == 1
