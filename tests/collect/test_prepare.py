"""From raw pictures to a dataset that trains, whatever happens on the way."""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from tests.collect.drawn_faces import (
    NAME,
    SOURCE,
    BlockDetector,
    draw_photos,
    draw_scene,
    encode,
    make_settings,
)

from facewright.collect.audit import audit
from facewright.collect.library.remove import remove_pictures
from facewright.collect.origins import ORIGINS, read_origins
from facewright.collect.prepare import (
    DetectorSource,
    PrepareSettings,
    cache_of,
    count_cores,
    prepare,
)
from facewright.datasets.archive import open_source
from facewright.datasets.dataset import open_dataset
from facewright.errors import DatasetError, InputError
from facewright.types import Manifest


@pytest.fixture
def photos(tmp_path):
    """Twenty pictures: most with a face, labels in their names."""
    return draw_photos(tmp_path / "photos")


@pytest.fixture
def run(photos, tmp_path):
    """Prepare the photos; return the outcome."""

    def make(out="faces.zip", source=photos, face_detector=SOURCE, **changes):
        workers, progress = changes.pop("workers", 1), changes.pop("progress", None)
        path = None if out is None else tmp_path / out
        chosen = make_settings(**changes)
        return prepare(source, path, chosen, face_detector, workers=workers, progress=progress)

    return make


def test_a_dataset_trains_with_its_labels(run, tmp_path):
    prepared = run()
    assert (prepared.tally.pictures, prepared.tally.faces) == (20, 16)
    assert prepared.tally.rejected == {"no face": 4}
    dataset = open_dataset(tmp_path / "faces.zip", cond=True, verify=True)
    assert (len(dataset), dataset.resolution) == (16, 32)
    assert dataset.names[0] == "00000/img00000000.png"
    groups = {group.name: group.values for group in dataset.label_groups}
    assert groups == {"age": ("20-29", "30-39"), "gender": ("Female", "Male")}
    assert (dataset.labels.sum(1) == 2).all()
    assert not cache_of(tmp_path / "faces.zip").exists()


def test_smiles_are_measured_if_asked(run, tmp_path):
    run(smile=True)
    run("plain.zip")
    origins = read_origins(open_source(tmp_path / "faces.zip")).values()
    assert len(origins) == 16
    assert all(origin.labels["smile"] == origin.face["smile_label"] for origin in origins)
    plain = read_origins(open_source(tmp_path / "plain.zip")).values()
    assert not any("smile" in origin.labels for origin in plain)


def test_other_trainers_find_what_they_look_for(run, tmp_path):
    run()
    with zipfile.ZipFile(tmp_path / "faces.zip") as archive:
        description = json.loads(archive.read("dataset.json"))
        names = archive.namelist()
    pictures = [name for name in names if name.endswith(".png")]
    labels = dict(description["labels"])
    assert list(labels) == pictures
    assert {len(label) for label in labels.values()} == {4}
    assert sorted(set(names) - set(pictures)) == ["dataset.json", ORIGINS]


def test_every_picture_says_where_it_came_from(run, tmp_path):
    run(licence="CC0-1.0", consent="they agreed")
    origins = read_origins(open_source(tmp_path / "faces.zip"))
    first = origins["00000/img00000000.png"]
    assert first.source == NAME.format(21, 1, 1)
    assert (first.licence, first.consent, first.labels["gender"]) == (
        "CC0-1.0",
        "they agreed",
        "Female",
    )
    assert first.face["yaw"] == pytest.approx(0, abs=0.2)
    found = audit(tmp_path / "faces.zip")
    assert (found.licences, found.consents) == ({"CC0-1.0": 16}, {"they agreed": 16})
    assert found.balance["gender"] == {"Female": 8, "Male": 8}


def test_terms_of_a_library_come_along_and_removed_pictures_do_not(run, gather, photos, tmp_path):
    own = tmp_path / "own.png"
    own.write_bytes(encode(draw_scene((30, 20, 50), seed=77)))
    gather(photos, consent="signed", similar=None)
    gather(own, licence="my own", similar=None)
    library = tmp_path / "library"
    run(source=library)
    found = audit(tmp_path / "faces.zip")
    assert found.licences == {"CC0-1.0": 16, "my own": 1}
    assert found.consents == {"signed": 16, "": 1}
    assert found.balance["gender"] == {"Female": 8, "Male": 8, "(none)": 1}
    dataset = open_dataset(tmp_path / "faces.zip", cond=True)
    assert dataset.label_groups[1].values == ("Female", "Male", "unknown")
    assert dataset.details["licence"] == "CC0-1.0; my own"
    remove_pictures(library, [str(own)])
    tally = run(source=library).tally
    assert tally.removed >= 1
    assert "my own" not in audit(tmp_path / "faces.zip").licences


class Interrupted(BlockDetector):
    """Is interrupted when it is asked a second time."""

    def find(self, images, *, threshold=0.5):
        if self.asked:
            raise KeyboardInterrupt
        return super().find(images, threshold=threshold)


def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(run, tmp_path):
    run("whole.zip")
    broken = DetectorSource(Interrupted, SOURCE.manifest)
    with pytest.raises(KeyboardInterrupt):
        run(face_detector=broken)
    assert not (tmp_path / "faces.zip").exists()
    assert cache_of(tmp_path / "faces.zip").is_dir()
    face_detectors, seen = [], []

    def build():
        face_detectors.append(BlockDetector())
        return face_detectors[-1]

    run(
        face_detector=DetectorSource(build, SOURCE.manifest),
        progress=lambda d, n: seen.append((d, n)),
    )
    assert [len(batch) for batch in face_detectors[0].asked] == [8, 4]  # of twenty
    assert seen == [(16, 20), (20, 20)]
    assert (tmp_path / "faces.zip").read_bytes() == (tmp_path / "whole.zip").read_bytes()


def test_other_settings_use_nothing_of_an_interrupted_run(run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(face_detector=DetectorSource(Interrupted, SOURCE.manifest))
    run(size=16)
    assert open_dataset(tmp_path / "faces.zip").resolution == 16
    with pytest.raises(KeyboardInterrupt):
        run(face_detector=DetectorSource(Interrupted, SOURCE.manifest))
    other = Manifest("prepare", {}, models={"others": "1" * 64})
    face_detectors = []
    run(
        face_detector=DetectorSource(
            lambda: face_detectors.append(BlockDetector()) or face_detectors[-1], other
        )
    )
    assert sum(len(batch) for batch in face_detectors[0].asked) == 20


def test_counting_writes_nothing(run, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    counted = run(None)
    assert sorted(tmp_path.rglob("*")) == before
    assert counted.picture is None
    assert asdict(counted.tally) == asdict(run().tally)


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_pictures_are_written_as_asked(run, tmp_path, form):
    run(form=form)
    dataset = open_dataset(tmp_path / "faces.zip", verify=True)
    ending = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}[form]
    assert {Path(name).suffix for name in dataset.names} == {ending}
    assert list(read_origins(open_source(tmp_path / "faces.zip"))) == list(dataset.names)


def test_several_faces_of_one_picture_have_no_label(run, tmp_path):
    folder = tmp_path / "group"
    folder.mkdir()
    two = draw_scene((10, 10, 50), (110, 10, 60), size=(200, 140))
    (folder / NAME.format(30, 1, 0)).write_bytes(encode(two))
    (folder / NAME.format(50, 0, 1)).write_bytes(encode(draw_scene((10, 10, 50))))
    run(source=folder, limits={"faces": "all"})
    found = audit(tmp_path / "faces.zip")
    assert found.balance["gender"] == {"Male": 1, "(none)": 2}
    run(source=folder)
    assert audit(tmp_path / "faces.zip").balance["gender"] == {"Female": 1, "Male": 1}


def test_the_report_shows_numbers_and_examples(run):
    prepared = run()
    assert prepared.tally.balance["turned to"]["ahead"] == 16
    assert sum(prepared.tally.balance["light"].values()) == 16
    assert prepared.picture.shape[1] > 1400
    magenta = (np.abs(prepared.picture.astype(int) - (255, 70, 255)).max(axis=2) < 90).sum()
    assert magenta > 8 * 2000  # eight faces that were used


def test_refused_files_are_listed_and_the_rest_goes_on(run, photos):
    (photos / "broken.jpg").write_bytes(b"")
    (photos / "text.png").write_bytes(b"text")
    tally = run().tally
    assert tally.faces == 16
    assert {one.source: one.reason for one in tally.refused} == {
        "broken.jpg": "is empty",
        "text.png": "is not a picture that can be read",
    }


def test_no_dataset_is_an_error_that_says_why(run, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="there are no pictures in"):
        run(source=tmp_path / "empty")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "x.png").write_bytes(b"x")
    with pytest.raises(DatasetError, match="none of the 1 pictures") as caught:
        run(source=tmp_path / "broken")
    assert "x.png" in caught.value.hint
    with pytest.raises(DatasetError, match="4 × no face, 16 × too small") as caught:
        run(limits={"enlarge": 0.001})
    assert "--enlarge 0" in caught.value.hint
    assert not list(tmp_path.glob("faces*"))


@pytest.mark.parametrize(
    "wrong",
    [{"size": 100}, {"size": 8}, {"template": "x"}, {"form": "gif"}, {"quality": 0}],
    ids=str,
)
def test_senseless_settings_are_refused(wrong):
    with pytest.raises(InputError):
        PrepareSettings(**wrong)


def test_there_is_at_least_one_core():
    assert count_cores() >= 1
