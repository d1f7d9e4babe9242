"""From pictures to a library, and from a library to a report."""

import datetime as dt

import pytest

from facewright.collect.library.folder import read_records
from facewright.errors import FileError, InputError
from facewright.jobs.commands.datasets.audit import AuditOptions, audit_pictures, read_names
from facewright.jobs.commands.datasets.collect import CollectOptions, collect_pictures
from facewright.provenance.publish import read_manifest
from facewright.version import __version__


@pytest.fixture
def library(dataset, tmp_path):
    """Twelve pictures."""
    options = CollectOptions(out=tmp_path / "library", licence="CC0-1.0", smallest=16)
    gathered = collect_pictures([str(dataset)], options=options)
    assert gathered.counts.added == 12
    assert not gathered.failed
    return tmp_path / "library"


def test_pictures_carry_the_date_of_today(library):
    today = dt.date.today()
    for record in read_records(library):
        assert abs(dt.date.fromisoformat(record.date) - today) <= dt.timedelta(days=1)


def test_refused_files_fail_unless_lenient(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "x.png").write_bytes(b"no picture")
    for lenient in (False, True):
        options = CollectOptions(out=tmp_path / "library", licence="x", lenient=lenient)
        gathered = collect_pictures([str(tmp_path / "photos")], options=options)
        assert gathered.failed != lenient
        assert len(gathered.counts.refused) == 1


@pytest.mark.parametrize(
    "change",
    [
        *({"largest_mib": 0}, {"every": 0}, {"similar": 99}, {"licence": ""}, {"licence": " "}),
        *({"smallest": -1}, {"parallel": 0}, {"per_host": 0}),
    ],
    ids=str,
)
def test_senseless_options_are_refused_and_leave_nothing_behind(dataset, tmp_path, change):
    options = CollectOptions(**{"out": tmp_path / "library", "licence": "x", **change})
    with pytest.raises(InputError):
        collect_pictures([str(dataset)], options=options)
    assert not options.out.exists()


def test_missing_sources_leave_nothing_behind(dataset, tmp_path):
    options = CollectOptions(out=tmp_path / "library", licence="x")
    for sources in ([], [str(dataset / "missing")]):
        with pytest.raises((InputError, FileError)):
            collect_pictures(sources, options=options)
    assert not options.out.exists()


def test_pictures_that_are_there_keep_their_terms(library, dataset):
    options = CollectOptions(out=library, licence="another", consent="signed", smallest=16)
    assert collect_pictures([str(dataset)], options=options).counts.known == 12
    assert {(record.licence, record.consent) for record in read_records(library)} == {
        ("CC0-1.0", "")
    }


def test_report_is_a_picture_that_says_what_it_counts(library, tmp_path):
    out = tmp_path / "report.png"
    found = audit_pictures(library, options=AuditOptions(out=out))
    manifest = read_manifest(out)
    assert (manifest.task, manifest.version) == ("audit", __version__)
    assert manifest.parameters["counts"]["licence"] == {"CC0-1.0": 12} == found.licences
    with pytest.raises(InputError, match="is there already"):
        audit_pictures(library, options=AuditOptions(out=out))
    audit_pictures(library, options=AuditOptions(out=out, overwrite=True))


def test_pictures_are_removed_by_name_and_by_list(library, tmp_path, dataset):
    first, second, third, *_ = read_records(library)
    names = tmp_path / "names.txt"
    names.write_text(f"# withdrawn\n{first.sha256}\n\n{second.file}\n")
    options = AuditOptions(remove=(str(names), third.source), purge=True)
    found = audit_pictures(library, options=options)
    assert (found.pictures, found.removed) == (9, 3)
    assert not any((library / record.file).exists() for record in (first, second, third))
    again = CollectOptions(out=library, licence="CC0-1.0", smallest=16)
    counts = collect_pictures([str(dataset)], options=again).counts
    assert (counts.added, counts.removed) == (0, 3)


def test_unknown_name_removes_nothing(library):
    with pytest.raises(InputError, match="`nobody.png` is no picture"):
        audit_pictures(library, options=AuditOptions(remove=("nobody.png",)))
    assert audit_pictures(library).removed == 0


def test_dataset_is_audited_but_not_changed(dataset):
    found = audit_pictures(dataset)
    assert found.balance["age"] == {"20-29": 4, "30-39": 4, "40-49": 4}
    with pytest.raises(InputError, match="is no library"):
        audit_pictures(dataset, options=AuditOptions(remove=("00.png",)))
    with pytest.raises(FileError):
        audit_pictures(dataset / "missing")


def test_names_that_are_no_files_stay():
    assert read_names(("a.txt", "b")) == ["a.txt", "b"]
