"""A page that says how good, varied and original a generator is."""

import base64
import json
import re
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pictures
from tests.tiny import GROUPS, RESOLUTION

from facewright.errors import InputError
from facewright.jobs.commands.models.evaluate import evaluate_generator
from facewright.jobs.commands.models.evaluation.options import EvaluateOptions
from facewright.provenance.credentials import read_credentials


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """A folder of pictures with labels, enough of two of the three ages."""
    folder = tmp_path_factory.mktemp("people")
    rng = np.random.default_rng(0)
    ages = [0] * 34 + [1] * 34 + [2] * 3
    for number in range(len(ages)):
        image = rng.integers(0, 256, (RESOLUTION, RESOLUTION, 3), dtype=np.uint8)
        Pictures.fromarray(image).save(folder / f"{number:02}.png")
    labels = [[f"{number:02}.png", age] for number, age in enumerate(ages)]
    groups = [{"name": "age", "values": list(GROUPS[0].values)}]
    (folder / "dataset.json").write_text(json.dumps({"labels": labels, "label_groups": groups}))
    return folder


def evaluate(weights, dataset, progress=None, **options):
    options = {"device": "cpu", "precision": "float32", "batch": 4, "count": 24, **options}
    return evaluate_generator(
        weights, dataset, options=EvaluateOptions(**options), progress=progress
    )


def test_the_page_shows_made_up_people_and_numbers_of_all_kinds(choosy_weights, people, tmp_path):
    seen = []
    found = evaluate(
        choosy_weights,
        people,
        report=tmp_path / "report",
        held_out=people,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert found.page == tmp_path / "report" / "index.html"
    page = found.page.read_text(encoding="utf-8")
    for title in ("Quality", "Variety", "Originality", "By age", "Flaws", "Other numbers"):
        assert f"<h2>{title}</h2>" in page
    assert page.count("Measured by:") == 5
    assert "http" not in re.sub(r"base64,[^\"]*", "", page)
    for data in re.findall(r'src="data:image/jpeg;base64,([^"]*)"', page):
        credentials = read_credentials(base64.b64decode(data))
        assert credentials.trusted
        assert credentials.source_type == "trainedAlgorithmicMedia"
        assert Pictures.open(BytesIO(base64.b64decode(data))).width > 4 * RESOLUTION
    assert page.count("<figure>") == 6
    values = found.values
    assert {"SWD", "memorisation", "pairs alike", "nearness"} <= set(values)
    assert values["by age: 20-29"] > 0
    assert "by age: 40-49" not in values
    assert "too few" in page
    assert values["by age, worst/best"] >= 1
    assert values["drawn anew"] == pytest.approx(0.5, abs=0.2)
    assert seen[-1][0] == seen[-1][1] == 24 + 2 * 71 + 3 * 34


def test_more_people_are_made_up_than_the_dataset_has(plain_weights, dataset, tmp_path):
    found = evaluate(plain_weights, dataset, report=tmp_path, metrics="swd")
    assert found.count == 12
    page = found.page.read_text(encoding="utf-8")
    assert "24 made-up people" in page
    assert "Whether it is worse for some people is not known" in page
    assert "<h2>Flaws</h2>" not in page


def test_what_cannot_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        evaluate("nobody", tmp_path / "nowhere", report=tmp_path)
    with pytest.raises(InputError, match="is a file"):
        evaluate("nobody", tmp_path / "nowhere", report=tmp_path / "index.html")
    with pytest.raises(InputError, match="held-out is for a report"):
        evaluate("nobody", tmp_path / "nowhere", held_out=tmp_path)


def test_whoever_interrupts_it_finds_no_half_page(weights, people, tmp_path):
    def interrupt(done, _):
        if done > 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(weights, people, report=tmp_path / "report", progress=interrupt)
    assert not (tmp_path / "report").exists()
