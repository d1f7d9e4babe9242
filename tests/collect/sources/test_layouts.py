"""Labels are found where well-known sets keep them."""

import pytest

from facewright.collect.library.folder import read_records
from facewright.collect.sources.items import Limits
from facewright.collect.sources.layouts import find_kind, labels_from_name, read_table
from facewright.collect.sources.tables.reader import row_labels
from facewright.errors import FileError

CELEBA = """2
Bald Male Young
000001.jpg -1 1 1
000002.jpg  1 -1 -1
"""


def labels(tmp_path):
    records = read_records(tmp_path / "library")
    return {record.source.rpartition("/")[2]: dict(record.labels) for record in records}


def test_names_of_utkface_are_read(tmp_path, gather, picture):
    name = "61_0_4_20170109150557335.jpg.chip.jpg"
    (tmp_path / name).write_bytes(picture(1))
    gather(tmp_path / name)
    wanted = {"age": "60-69", "years": "61", "gender": "Male", "ethnicity": "Other"}
    assert labels(tmp_path) == {name: wanted}


@pytest.mark.parametrize(
    "name",
    ["61_0_20170109150557335.jpg", "200_0_1_20170109150557335.jpg", "1_2_3_20170109150557335.jpg"],
)
def test_names_that_are_not_quite_utkface_say_nothing(name):
    assert labels_from_name(name) == {}


def test_table_of_fairface_is_read_beside_its_pictures(tmp_path, gather, picture):
    folder = tmp_path / "fairface"
    (folder / "train").mkdir(parents=True)
    (folder / "train" / "1.jpg").write_bytes(picture(1, "JPEG"))
    (folder / "train" / "2.jpg").write_bytes(picture(2, "JPEG"))
    (folder / "label.csv").write_text(
        "file,age,gender,race,service_test\ntrain/1.jpg,more than 70,Female,Latino_Hispanic,True\n"
    )
    gather(folder)
    wanted = {"age": "70+", "gender": "Female", "ethnicity": "Latino"}
    assert labels(tmp_path) == {"1.jpg": wanted, "2.jpg": {}}


def test_labels_are_left_out_on_demand(tmp_path, gather, picture):
    (tmp_path / "61_0_4_20170109150557335.jpg").write_bytes(picture(1))
    gather(tmp_path / "61_0_4_20170109150557335.jpg", limits=Limits(labels=False))
    assert list(labels(tmp_path).values()) == [{}]


def test_attributes_of_celeba_are_read_from_a_source_of_their_own(tmp_path, gather, picture):
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "000002.jpg").write_bytes(picture(2, "JPEG"))
    (tmp_path / "list_attr_celeba.txt").write_text(CELEBA)
    found = gather(tmp_path / "img", tmp_path / "list_attr_celeba.txt")
    assert found.refused == []
    wanted = {"gender": "Female", "bald": "yes", "young": "no"}
    assert labels(tmp_path) == {"000002.jpg": wanted}


def test_pixels_of_fer2013_become_pictures(tmp_path, gather, paint):
    path = tmp_path / "fer2013.csv"
    grey = [paint(seed, (48, 48))[:, :, 0] for seed in range(2)]
    rows = [f"{3 - seed},{' '.join(map(str, g.ravel()))},Training" for seed, g in enumerate(grey)]
    bad = ["0,1 2 3,Training", f"0,{'999 ' * 2304},Training"]
    path.write_text("\n".join(["emotion,pixels,Usage", *rows, *bad]))
    found = gather(path)
    assert (found.added, len(found.refused)) == (2, 2)
    assert found.refused[0].reason == "has no 48×48 pixels from 0 to 255"
    wanted = {"fer2013.csv#1": "happiness", "fer2013.csv#2": "fear"}
    assert {key: value["expression"] for key, value in labels(tmp_path).items()} == wanted
    assert gather(path).known == 2


def test_damaged_tables_are_refused_by_name(tmp_path, gather, picture):
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "1.png").write_bytes(picture(1))
    (tmp_path / "img" / "attr.txt").write_text("1\nBald Male\n1.png 1\n")
    found = gather(tmp_path / "img")
    assert found.added == 1
    assert "line 3 of" in found.refused[0].reason
    with pytest.raises(FileError, match="line 3"):
        read_table("1\nBald Male\n1.png 1\n", "attributes", "attr.txt")


@pytest.mark.parametrize(
    ("lines", "suffix", "kind"),
    [
        (["file,age"], ".csv", "labels"),
        (["file,colour"], ".csv", "other"),
        (["url,licence"], ".csv", "addresses"),
        (["emotion,pixels,Usage"], ".csv", "pixels"),
        (["https://example.org/a.jpg"], ".txt", "addresses"),
        (["202599", "Bald Male"], ".txt", "attributes"),
        (["shopping: milk"], ".txt", "other"),
        ([], ".csv", "other"),
    ],
)
def test_kind_of_a_text_is_told_by_its_beginning(lines, suffix, kind):
    assert find_kind(lines, suffix) == kind


def test_age_in_years_becomes_a_range():
    assert row_labels({"file": "x", "age": "34"}) == ({"age": "30-39", "years": "34"}, [])
    assert row_labels({"file": "x", "age": "9" * 50}) == ({}, [f"`{'9' * 40}` is no age"])


def test_attributes_of_celeba_are_read_as_csv_too(tmp_path, gather, picture):
    folder = tmp_path / "celeba"
    folder.mkdir()
    (folder / "000001.jpg").write_bytes(picture(1, "JPEG"))
    table = "image_id,5_o_Clock_Shadow,Male,Young\n000001.jpg,-1,1,1\n"
    (folder / "list_attr_celeba.csv").write_text(table)
    assert gather(folder).refused == []
    wanted = {"gender": "Male", "5_o_clock_shadow": "no", "young": "yes"}
    assert labels(tmp_path) == {"000001.jpg": wanted}


def test_pixels_are_read_whatever_their_header_looks_like_and_in_a_folder(tmp_path, gather, paint):
    folder = tmp_path / "fer"
    folder.mkdir()
    grey = [" ".join(map(str, paint(seed, (48, 48))[:, :, 0].ravel())) for seed in range(2)]
    (folder / "a.csv").write_text(f"emotion, Usage, pixels\n3,Training,{grey[0]}\n")
    (folder / "b.csv").write_bytes(f'\ufeffEmotion,Pixels\r\n4,"{grey[1]}"\r\n\r\n'.encode())
    found = gather(folder)
    assert (found.added, found.refused) == (2, [])
    said = {name: groups["expression"] for name, groups in labels(tmp_path).items()}
    assert said == {"a.csv#1": "happiness", "b.csv#1": "sadness"}


def test_each_source_has_its_own_table_before_those_of_others(tmp_path, gather, picture):
    for seed, name in enumerate(("a", "b", "c")):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}1.png").write_bytes(picture(seed))
        (tmp_path / name / "1.png").write_bytes(picture(seed + 10))
    (tmp_path / "a" / "l.csv").write_text("file,age\n1.png,20\nb1.png,50\n")
    (tmp_path / "b" / "l.csv").write_text("file,age\n1.png,70\n")
    gather(tmp_path / "a", tmp_path / "b")
    records = read_records(tmp_path / "library")
    said = {record.source[len(str(tmp_path)) :]: record.labels.get("years") for record in records}
    assert said == {"/a/1.png": "20", "/a/a1.png": None, "/b/1.png": "70", "/b/b1.png": "50"}
