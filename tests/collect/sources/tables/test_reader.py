"""Tables of labels are read as spreadsheets write them, and what cannot be used is said."""

import zipfile

import pytest

from facewright.collect.library.folder import read_records
from facewright.collect.preparing.originals import list_originals
from facewright.collect.sources.tables.reader import decode_text
from facewright.collect.sources.tables.values import read_value

ROWS = [("train/1.jpg", "3-9", "Male"), ("train/2.jpg", "20-29", "Female")]
WANTED = {
    "1.jpg": {"age": "3-9", "gender": "Male"},
    "2.jpg": {"age": "20-29", "gender": "Female"},
}


def write_table(rows=ROWS, *, header=("file", "age", "gender"), separator=",", before=""):
    lines = [separator.join(row) for row in (header, *rows)]
    return before + "\r\n".join(lines) + "\r\n"


@pytest.fixture
def label(tmp_path, gather, picture):
    """Collect two pictures beside a table; return their labels, and what was refused."""

    def label(table, name="labels.csv", *, packed=False):
        folder = tmp_path / "set"
        (folder / "train").mkdir(parents=True)
        for number in (1, 2):
            (folder / "train" / f"{number}.jpg").write_bytes(picture(number, "JPEG"))
        (folder / name).write_bytes(table if isinstance(table, bytes) else table.encode())
        source = folder
        if packed:
            source = tmp_path / "set.zip"
            with zipfile.ZipFile(source, "w") as archive:
                for path in sorted(folder.rglob("*.*")):
                    archive.write(path, f"set/{path.relative_to(folder)}")
        found = gather(source)
        records = read_records(tmp_path / "library")
        said = {record.source.rpartition("/")[2]: dict(record.labels) for record in records}
        listed = [original.labels for original in list_originals(source).originals]
        assert listed == list(said.values()), "prepare reads other labels than collect"
        return said, [one.reason for one in found.refused]

    return label


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize(
    "table",
    [
        write_table(separator=";"),
        write_table(separator="\t"),
        write_table(separator="|"),
        write_table(separator=";", before="sep=;\r\n"),
        write_table(separator=",", before='"sep=,"\r\n'),
        write_table().encode("utf-8-sig"),
        write_table().encode("utf-16"),
        write_table(separator="\t").encode("utf-16-le"),
        write_table(separator=";").encode("utf-16-be"),
        write_table([(f'"{path}"', f'"{age}"', gender) for path, age, gender in ROWS]),
    ],
    ids=["semicolon", "tab", "bar", "sep", "sep-quoted", "bom", "utf16", "le", "be", "quoted"],
)
def test_tables_are_read_as_spreadsheets_write_them(label, table, packed):
    assert label(table, packed=packed) == (WANTED, [])


@pytest.mark.parametrize("name", ["labels.tsv", "labels.txt", "LABELS.CSV"])
def test_tables_with_tabs_may_have_other_endings(label, name):
    assert label(write_table(separator="\t").encode("utf-16"), name) == (WANTED, [])


@pytest.mark.parametrize(
    "write",
    [
        lambda path: f"./{path}",
        lambda path: ".\\" + path.replace("/", "\\"),
        lambda path: "C:\\Users\\Ada\\set\\" + path.replace("/", "\\"),
        lambda path: f"/home/ada/set/{path}",
        lambda path: f"file:///D:/set/{path}",
        lambda path: f"../other/../{path}",
        lambda path: f"set/{path}",
        lambda path: path.upper(),
        lambda path: path.replace(".jpg", ".PNG"),
        lambda path: path.replace(".jpg", ""),
        lambda path: f" {path} ",
    ],
    ids=["dot", "dots", "drive", "root", "url", "up", "name", "case", "ending", "none", "space"],
)
def test_pictures_are_found_however_their_paths_are_written(label, write):
    assert label(write_table([(write(path), *rest) for path, *rest in ROWS])) == (WANTED, [])


def test_letters_of_names_may_be_composed_or_not(tmp_path, gather, picture):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "Zoe\u0308.jpg").write_bytes(picture(1, "JPEG"))
    (tmp_path / "set" / "l.csv").write_text("file,age\nZo\u00eb.jpg,34\n")
    gather(tmp_path / "set")
    (record,) = read_records(tmp_path / "library")
    assert record.labels == {"age": "30-39", "years": "34"}


def test_values_that_are_no_labels_are_named_with_their_lines_and_not_taken(label):
    rows = [("train/1.jpg", "09-Mar", "Male"), ("train/2.jpg", "1900-03-09", "banana")]
    said, refused = label(write_table(rows))
    assert said == {"1.jpg": {"gender": "Male"}, "2.jpg": {}}
    assert refused == [
        "has values that are no labels: line 2: `09-Mar` is no age; "
        "line 3: `1900-03-09` is no age; line 3: `banana` is no gender"
    ]


def test_lines_are_counted_as_in_the_file(label):
    rows = [("train/1.jpg", "34", "Male"), ("", "", ""), ("train/2.jpg", "Oct-19", "Female")]
    _, refused = label(write_table(rows, before="sep=,\r\n"))
    assert refused == ["has values that are no labels: line 5: `Oct-19` is no age"]


def test_a_table_that_fits_no_picture_is_said(label):
    said, refused = label(write_table([("elsewhere/8.jpg", "34", "Male")]))
    assert said == {"1.jpg": {}, "2.jpg": {}}
    assert refused == [
        "has labels of 1 pictures, such as elsewhere/8.jpg, and none of them is here"
    ]


@pytest.mark.parametrize("header", [ROWS[0], ("Datei", "Alter", "Geschlecht")])
def test_a_table_without_names_of_columns_is_said(label, header):
    _, refused = label(write_table(header=header))
    assert "has no line that names its columns" in refused[0]


def test_pictures_of_one_name_in_two_folders_are_not_mixed_up(tmp_path, gather, picture):
    for number, folder in enumerate(("train", "val")):
        (tmp_path / "set" / folder).mkdir(parents=True)
        (tmp_path / "set" / folder / "1.jpg").write_bytes(picture(number, "JPEG"))
    table = "file,age\nC:\\set\\train\\1.jpg,20\nC:\\set\\val\\1.jpg,40\n"
    (tmp_path / "set" / "l.csv").write_text(table)
    gather(tmp_path / "set" / "val", tmp_path / "set" / "train", tmp_path / "set" / "l.csv")
    records = read_records(tmp_path / "library")
    years = {record.source.split("/")[-2]: record.labels["years"] for record in records}
    assert years == {"train": "20", "val": "40"}


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("34", "30-39"),
        ("34.0", "30-39"),
        ("0", "0-2"),
        ("3 – 9", "3-9"),
        ("(25, 32)", "25-32"),
        ("more than 70", "70+"),
        ("70 +", "70+"),
        ("60 and older", "60+"),
    ],
)
def test_ages_are_read_as_people_write_them(text, age):
    assert read_value("age", text)["age"] == age


@pytest.mark.parametrize(
    "text",
    ["09-Mar", "9. Mrz", "Oct-19", "1900-03-09", "10/19", "43757", "9-3", "-5", "151", "Male"],
)
def test_what_is_no_age_is_told(text):
    assert read_value("age", text) is None


@pytest.mark.parametrize(("text", "gender"), [("FEMALE", "Female"), ("m", "Male"), ("w", "Female")])
def test_genders_are_read_as_people_write_them(text, gender):
    assert read_value("gender", text) == {"gender": gender}


def test_what_is_not_known_is_no_label_and_no_mistake():
    for text in ("", "unknown", "N/A", "?"):
        assert read_value("gender", text) == read_value("age", text) == {}


def test_texts_are_decoded_by_what_is_in_them():
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"):
        text = "file;age\r\nZoë.jpg;34\r\n"
        assert decode_text(text.encode(encoding)) == text, encoding
    assert decode_text("Zoë".encode()[:-1]) == "Zo"
    korean = "파일,나이\r\n가.jpg,34\r\n뷁.jpg,7\r\n"
    for encoding in ("cp949", "utf-16-le", "utf-16-be"):
        assert decode_text(korean.encode(encoding)) == korean, encoding
    for western in ("GRÖSSE,Ärger,été,Ñandú", "«Zoë» naïve ÀÉ"):
        assert decode_text(western.encode("cp1252")) == western
