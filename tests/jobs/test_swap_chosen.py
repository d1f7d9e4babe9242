"""For each body a person is chosen; of a folder, a table and a sheet say who."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image as Pillow

from facewright.errors import InputError
from facewright.jobs.commands.photos.swap import COLUMNS, ChosenSwap, SwapOptions, swap_faces
from facewright.jobs.run import run
from facewright.media.decode import read_image
from facewright.pipelines.photos.candidates import Candidates
from facewright.provenance.publish import read_manifest
from facewright.types import Manifest

BOX = (60, 40, 119, 109)
WIDTHS = (70, 62, 54)
"""Of the people of seeds 0, 1 and 2, and so on again."""


class People:
    """Draws red blocks, which are faces; who has the same width is the same person."""

    def __init__(self, paint):
        self.paint, self.models, self.name = paint, {"red": ""}, "red"
        self.finest, self.refiner_name = 120, "none"

    def sampler(self, sampling):
        return sampling

    def stream(self, _sampler, seeds):
        return [self.draw(seed) for seed in seeds]

    def draw(self, seed):
        image = self.paint((20, 20, 19 + WIDTHS[seed % 3], 99), size=(120, 120))
        return SimpleNamespace(image=image, manifest=Manifest("generate", {}, models=self.models))

    def __call__(self, seed, **_sampling):
        return [self.draw(seed)]


class Widths:
    """Says that faces are alike whose blocks are equally wide."""

    def embed(self, image, _points):
        return np.array([(image[:, :, 1] < 30).any(0).sum()])

    def compare_vectors(self, one, other):
        return float((one == other).all())


class Choosing(ChosenSwap):
    """Chooses among red blocks."""

    def __init__(self, options, find, paint):
        super().__init__(options, None, find)
        self.paint = paint

    def open(self):
        super().open()
        people, widths = People(self.paint), Widths()
        self.pipeline.generate, self.pipeline.resemblance = people, widths
        self.pipeline.candidates = Candidates(people, self.find, widths, many=3, most=6)


@pytest.fixture
def choose(find, paint, tmp_path, request):
    """Swap with a person chosen for each body: `choose(source, **options)`."""
    request.getfixturevalue("unmarked")

    def perform(source, **options):
        given = {"out": tmp_path / "out", "consent": "self", "seed": "auto", **options}
        return run(Choosing(SwapOptions(**given), find, paint), [str(source)])

    return perform


@pytest.fixture
def bodies(paint, tmp_path):
    """A folder of two bodies and of a picture of nobody."""
    folder = tmp_path / "bodies"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Pillow.fromarray(paint(BOX, size=(150, 200))).save(folder / name)
    Pillow.new("RGB", (80, 80)).save(folder / "nobody.png")
    return folder


def read_table(folder):
    with (folder / "swaps.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_table_and_a_sheet_say_who_was_chosen_and_what_failed(choose, bodies, tmp_path):
    outcome = choose(bodies)
    rows = read_table(tmp_path / "out")
    assert tuple(rows[0]) == COLUMNS
    assert [row["failed"] for row in rows] == ["", "", "no face was found"]
    assert rows[0]["seed"] == rows[1]["seed"]  # the same body, the same person
    assert float(rows[0]["person_like_body"]) == 0
    assert [row["mouth_covered"] for row in rows] == ["yes", "yes", ""]  # painted without lips
    assert any("cover the mouth" in line for line in outcome.lines)
    assert outcome.failed
    sheet = read_image(tmp_path / "out" / "sheet-1.jpg")
    assert sheet.shape[1] > 4 * 160
    assert read_manifest(tmp_path / "out" / "sheet-1.jpg").task == "swap sheet"


def test_nobody_comes_twice_in_a_distinct_set(choose, bodies, tmp_path):
    choose(bodies, distinct=True)
    seeds = [int(row["seed"]) for row in read_table(tmp_path / "out")[:2]]
    assert seeds[0] % 3 != seeds[1] % 3


def test_where_nobody_is_left_the_reason_is_listed(choose, bodies, tmp_path):
    for name in ("c.png", "d.png"):
        (bodies / name).write_bytes((bodies / "a.png").read_bytes())
    choose(bodies, distinct=True)
    reasons = [row["failed"] for row in read_table(tmp_path / "out")]
    assert "of 6 people who do not exist, all look like somebody who is taken" in reasons


def test_the_same_command_goes_on_and_the_file_is_that_of_the_seed(choose, bodies, tmp_path):
    choose(bodies, distinct=True)
    first, rows = (tmp_path / "out" / "b.png").read_bytes(), read_table(tmp_path / "out")
    (tmp_path / "out" / "a.png").unlink()
    choose(bodies, distinct=True)
    assert (tmp_path / "out" / "b.png").read_bytes() == first
    assert read_table(tmp_path / "out") == rows
    manifest = read_manifest(tmp_path / "out" / "b.png")
    assert manifest.seeds == (int(rows[1]["seed"]),)
    assert "distinct" not in manifest.parameters


def test_a_table_of_somebody_else_stays(choose, bodies, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "swaps.csv").write_text("mine\n")
    with pytest.raises(InputError, match=r"swaps\.csv is there already"):
        choose(bodies)


def test_of_a_single_picture_the_seed_is_told(choose, bodies, tmp_path):
    outcome = choose(bodies / "a.png", out=tmp_path / "one.png")
    assert outcome.files == [tmp_path / "one.png"]
    assert f"seed {read_manifest(tmp_path / 'one.png').seeds[0]}" in outcome.lines


@pytest.mark.parametrize(
    ("names", "options", "error"),
    [
        (["body.png"], {"seed": 1, "distinct": True}, "--distinct is for people who are chosen"),
        (["clip.mp4"], {"seed": "auto"}, "chooses by a picture, not by a clip"),
        (["camera:0"], {"seed": "auto"}, "chooses by a picture, not by a clip"),
    ],
)
def test_mistakes_are_told_before_anything_is_loaded(names, options, error, tmp_path, paint):
    Pillow.fromarray(paint(BOX, size=(150, 200))).save(tmp_path / "body.png")
    (tmp_path / "clip.mp4").write_bytes(b"clip")
    named = [name if ":" in name else str(tmp_path / name) for name in names]
    given = SwapOptions(out=tmp_path / "out.mp4", consent="self", **options)
    with pytest.raises(InputError, match=error):
        swap_faces(named, options=given)
