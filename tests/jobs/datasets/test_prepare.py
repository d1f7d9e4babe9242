"""From a library to a dataset with its report."""

import json
import zipfile

import pytest
from tests.collect.drawn_faces import SOURCE, draw_scene, encode

from facewright.collect.audit import audit
from facewright.datasets.dataset import open_dataset
from facewright.errors import FileError, InputError
from facewright.hub.cards import known_cards
from facewright.jobs.commands.datasets.collect import CollectOptions, collect_pictures
from facewright.jobs.commands.datasets.prepare import (
    PrepareOptions,
    check_prepare,
    describe_detectors,
    prepare_with,
)
from facewright.media.decode import read_image
from facewright.pipelines.find import FindPipeline
from facewright.provenance.publish import read_manifest


@pytest.fixture
def library(tmp_path):
    """Four pictures, one of them without a face."""
    (tmp_path / "photos").mkdir()
    for seed in range(4):
        faces = [(20, 20, 40 + seed)] if seed else []
        data = encode(draw_scene(*faces, seed=seed))
        (tmp_path / "photos" / f"{seed}.png").write_bytes(data)
    options = CollectOptions(
        out=tmp_path / "library", licence="CC0-1.0", consent="signed", keep_similar=True
    )
    collect_pictures([str(tmp_path / "photos")], options=options)
    return tmp_path / "library"


@pytest.fixture
def prepare(library, tmp_path):
    """Prepare the library with a finder of drawings."""

    def run(source=library, **changes):
        wanted = {"out": tmp_path / "faces.zip", "size": 32, "outside": 0, "workers": 1}
        options = PrepareOptions(**wanted | changes)
        return prepare_with(SOURCE, source, options, check_prepare(source, options))

    return run


def test_dataset_and_report_are_written(prepare, tmp_path):
    done = prepare()
    names = ["faces.zip", "faces-report.png", "faces-report.json"]
    assert [path.name for path in done.files] == names
    assert (done.counts.pictures, done.counts.faces, done.failed) == (4, 3, False)
    assert len(open_dataset(tmp_path / "faces.zip", verify=True)) == 3
    found = audit(tmp_path / "faces.zip")
    assert (found.licences, found.consents) == ({"CC0-1.0": 3}, {"signed": 3})
    assert not (tmp_path / "faces.zip.unfinished").exists()


def test_the_report_says_what_it_shows_and_counts(prepare, tmp_path):
    prepare()
    manifest = read_manifest(tmp_path / "faces-report.png")
    assert (manifest.task, manifest.consent) == ("prepare", "signed")
    assert manifest.parameters["shows"].startswith("examples of real people")
    assert manifest.models == {"blocks": "0" * 64}
    told = json.loads((tmp_path / "faces-report.json").read_text())
    assert (told["faces"], told["rejected"]) == (3, {"no face": 1})
    assert told["licences"] == manifest.parameters["licences"] == {"CC0-1.0": 3}
    assert told["settings"]["limits"]["sharpness"] == PrepareOptions(out=tmp_path).sharpness
    assert read_image(tmp_path / "faces-report.png").shape[1] > 1000


def test_the_report_can_be_left_out(prepare, tmp_path):
    assert [path.name for path in prepare(report=False).files] == ["faces.zip"]
    assert sorted(path.name for path in tmp_path.glob("faces*")) == ["faces.zip"]


def test_counting_writes_nothing(prepare, tmp_path):
    done = prepare(dry_run=True)
    assert (done.files, done.counts.faces) == ((), 3)
    assert not list(tmp_path.glob("faces*"))


def test_nothing_is_replaced_unless_asked(prepare, tmp_path):
    prepare()
    with pytest.raises(InputError, match="faces.zip is there already") as caught:
        prepare()
    assert "overwrite" in caught.value.hint
    before = (tmp_path / "faces.zip").read_bytes()
    prepare(overwrite=True, size=16)
    assert (tmp_path / "faces.zip").read_bytes() != before
    (tmp_path / "other-report.png").write_bytes(b"mine")
    with pytest.raises(InputError, match="other-report.png is there already"):
        prepare(out=tmp_path / "other.zip")
    prepare(out=tmp_path / "faces.zip", dry_run=True)


def test_refused_files_fail_unless_lenient(prepare, tmp_path):
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"")
    for lenient in (False, True):
        done = prepare(tmp_path / "photos", lenient=lenient, overwrite=True)
        assert done.failed != lenient
        assert [one.source for one in done.counts.refused] == ["broken.jpg"]


def test_a_source_is_never_replaced(prepare, tmp_path):
    source = tmp_path / "src.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.write(tmp_path / "photos" / "1.png", "1.png")
    before = source.read_bytes()
    (tmp_path / "same.zip").symlink_to(source)
    for out in (source, tmp_path / "same.zip"):
        with pytest.raises(InputError, match="is the source itself"):
            prepare(source, out=out, overwrite=True)
    assert source.read_bytes() == before
    assert prepare(source, out=source, dry_run=True).counts.faces == 1


def test_a_dataset_inside_of_its_source_is_no_source(prepare, tmp_path):
    photos = tmp_path / "photos"
    first = prepare(photos, out=photos / "faces.zip", licence="mine")
    again = prepare(photos, out=photos / "faces.zip", licence="mine", overwrite=True)
    assert again.counts == first.counts
    assert prepare(photos, dry_run=True).counts.pictures == 4


def test_a_missing_licence_is_told_and_does_no_harm(prepare, tmp_path):
    done = prepare(tmp_path / "photos")
    assert (done.failed, done.counts.faces) == (False, 3)
    assert done.counts.warnings == ("no licence is known for 3 of 3 faces",)
    told = json.loads((tmp_path / "faces-report.json").read_text())
    assert told["warnings"] == list(done.counts.warnings)
    assert prepare(tmp_path / "photos", licence="mine", overwrite=True).counts.warnings == ()


@pytest.mark.parametrize(
    "change",
    [{"size": 100}, {"workers": 0}, {"yaw": -1}, {"quality": 0}, {"licence": "x"}],
    ids=str,
)
def test_senseless_options_are_refused(prepare, change):
    with pytest.raises(InputError):
        prepare(**change)


def test_paths_that_make_no_sense_are_refused(prepare, tmp_path):
    with pytest.raises(InputError, match="as a .zip, not faces.tar"):
        prepare(out=tmp_path / "faces.tar")
    with pytest.raises(FileError, match="there is no"):
        prepare(tmp_path / "missing")
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(InputError, match="is there already"):
        prepare(out=tmp_path / "folder.zip", overwrite=True)


def test_a_dataset_says_which_networks_found_its_faces():
    manifest = describe_detectors(FindPipeline(device="cpu"))
    assert (manifest.task, manifest.device) == ("prepare", "cpu")
    assert manifest.models == {
        name: known_cards()[name].card.sha256 for name in ("face-finder", "face-mesh")
    }
