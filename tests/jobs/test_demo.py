"""The page that shows what Facewright does."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch

from facewright.cli.main import build_app
from facewright.gan.weights import NO_LABELS, LabelTable, load_labels
from facewright.hub.bundle import load_bundle
from facewright.jobs.commands.demo.exhibits import plan_exhibits
from facewright.jobs.commands.demo.make import DemoOptions, make_demo
from facewright.jobs.commands.demo.page import Shown, render_page, write_overview
from facewright.media.decode import read_image
from facewright.provenance.publish import publish_image, read_manifest
from facewright.types import Card, Manifest


@pytest.fixture(scope="module")
def labels(weights):
    return load_labels(load_bundle(Path(weights)))


@pytest.mark.slow
def test_demo_shows_a_picture_of_each_command(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    page = make_demo(options=DemoOptions(out=tmp_path, device="cpu"))
    text = page.read_text(encoding="utf-8")
    assert "Not made" not in text
    assert text.count("<img") > len(plan_exhibits(NO_LABELS))
    assert text.count("<video") == 1
    assert len(read_manifest(tmp_path / "demo.jpg").models) > 5
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.slow
def test_what_a_generator_cannot_do_is_named_with_the_reason(weights, tmp_path):
    options = DemoOptions(out=tmp_path, weights=weights, device="cpu", precision="float32")
    for _ in range(2):  # the second replaces what the first has made
        text = make_demo(options=options).read_text(encoding="utf-8")
    assert (tmp_path / "people.png").is_file()
    assert "Not made" in text


def test_labels_are_shown_only_where_there_are_some(labels):
    assert len(plan_exhibits(labels)) == len(plan_exhibits(NO_LABELS)) + 1
    one = LabelTable(labels.groups[:1], labels.vectors[:, :3], labels.counts)
    assert plan_exhibits(one)[1].values["vary"] == "age"


def test_commands_on_the_page_parse(labels):
    for exhibit in plan_exhibits(labels):
        words = shlex.split(exhibit.write_command({"weights": "faces-128", "device": "cpu"}))
        _, bound, _ = build_app().parse_args(words[1:], exit_on_error=False)
        assert bound.arguments["options"].out == Path(exhibit.out)


def test_files_that_are_used_were_made_before(labels):
    made = set()
    for exhibit in plan_exhibits(labels):
        named = {Path(one).parts[0] for each in exhibit.inputs.values() for one in each}
        assert {one for one in named if not one.isdigit()} <= made
        assert exhibit.out not in made
        made.add(exhibit.out)


@pytest.fixture
def shown(labels, tmp_path):
    """Some exhibits, made of grey pictures, and one that could not be made."""
    manifest = Manifest("generate", {}, seeds=(1,), models={"x": "0" * 64})
    found = []
    for exhibit in plan_exhibits(labels)[:4]:
        path = tmp_path / f"{Path(exhibit.out).stem}.png"
        publish_image(grey(), path, manifest)
        found.append(Shown(exhibit, exhibit.write_command({}), (path, path)))
    return [*found, Shown(exhibit, "facewright edit 1", (), "<no> weights")]


def grey():
    return np.full((64, 96, 3), 128, np.uint8)


def test_page_needs_nothing_from_elsewhere(shown):
    page = render_page(shown, Card("x", "generator", notes="<b>"))
    assert not re.findall(r"https?:|<script|@import|url\(", page)
    assert "$" not in page
    assert all(source.startswith("data:") for source in re.findall(r'src="([^"]+)"', page))
    assert "Not made: &lt;no&gt; weights" in page


def test_overview_shows_all_that_was_made_and_names_its_weights(shown, tmp_path):
    write_overview(shown, tmp_path / "demo.jpg", torch.device("cpu"))
    assert read_image(tmp_path / "demo.jpg").shape[1] == 1280
    found = read_manifest(tmp_path / "demo.jpg")
    assert (found.seeds, list(found.models)) == ((1,), ["x"])
    assert len(found.parameters["shows"]) == 4


def test_page_tells_no_path_of_this_machine(labels):
    common = {"weights": "/home/me/x.safetensors"}
    lines = [exhibit.write_command(common) for exhibit in plan_exhibits(labels)]
    assert "--weights x.safetensors" in lines[0]
    assert not any("/home/me" in line for line in lines)
